//! Many clients of a stream in one thread: each counts the frames that end in what it reads.

use anyhow::Context;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, spawn_local};

/// The longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);
/// How many connect at the same time.
const AT_ONCE: usize = 50;
const REQUEST: &[u8] = b"GET /stream HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n";

/// Clients of one server. Dropping it closes their connections.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    clients: Vec<JoinHandle<()>>,
    heard: Rc<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    connected: Cell<usize>,
    frames: Cell<u64>,
    wanted: Cell<u64>,
    enough: Notify,
}

impl Crowd {
    /// Connects more until there are so many.
    pub(super) async fn grow(&mut self, address: SocketAddr, count: usize) -> anyhow::Result<()> {
        let until = Instant::now() + LIMIT;
        while self.clients.len() < count {
            let more = (count - self.clients.len()).min(AT_ONCE);
            for _ in 0..more {
                let heard = Rc::clone(&self.heard);
                self.clients.push(spawn_local(async move {
                    // A client that fails is missing among the connected, or its frames are.
                    let _lost = follow(address, &heard).await;
                }));
            }
            while self.heard.connected.get() < self.clients.len() {
                anyhow::ensure!(Instant::now() < until, "{} of {count} connected", self.heard.connected.get());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Ok(())
    }

    /// From now on so many more frames are waited for by each.
    pub(super) fn expect(&self, frames: usize) {
        self.heard.wanted.set(self.heard.frames.get() + (self.clients.len() * frames) as u64);
    }

    /// Waits until the last client has them.
    pub(super) async fn heard(&self) -> anyhow::Result<()> {
        let all = async {
            while self.heard.frames.get() < self.heard.wanted.get() {
                self.heard.enough.notified().await;
            }
        };
        let missing = || format!("{} of {} frames came", self.heard.frames.get(), self.heard.wanted.get());
        tokio::time::timeout(LIMIT, all).await.with_context(missing)
    }

    /// Closes every connection at once, as clients do that vanish.
    pub(super) async fn vanish(mut self) {
        self.clients.iter().for_each(JoinHandle::abort);
        for client in self.clients.drain(..) {
            let _aborted = client.await;
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.clients.iter().for_each(JoinHandle::abort);
    }
}

async fn follow(address: SocketAddr, heard: &Heard) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(REQUEST).await?;
    let (mut buffer, mut last, mut connected) = ([0_u8; 4096], 0_u8, false);
    loop {
        stream.readable().await?;
        let read = match stream.try_read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => buffer.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        if !connected {
            connected = true;
            heard.connected.set(heard.connected.get() + 1);
        }
        heard.frames.set(heard.frames.get() + ends(read, &mut last));
        if heard.frames.get() >= heard.wanted.get() {
            heard.enough.notify_one();
        }
    }
}

/// How many frames end in a piece of a stream: with an empty line, which no head or chunk of HTTP has.
fn ends(piece: &[u8], last: &mut u8) -> u64 {
    let mut count = 0;
    for at in memchr::memchr_iter(b'\n', piece) {
        let before = if at == 0 { Some(&*last) } else { piece.get(at - 1) };
        count += u64::from(before == Some(&b'\n'));
    }
    *last = piece.last().copied().unwrap_or(*last);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_wherever_the_stream_is_cut() {
        let stream =
            b"HTTP/1.1 200 OK\r\ncontent-type: x\r\n\r\n13\r\nid: 1\ndata: {}\n\n\r\n13\r\nid: 2\ndata: {}\n\n\r\n";
        for at in 0..stream.len() {
            let (mut last, (one, other)) = (0, stream.split_at(at));
            assert_eq!(ends(one, &mut last) + ends(other, &mut last), 2, "cut at {at}");
        }
    }
}
