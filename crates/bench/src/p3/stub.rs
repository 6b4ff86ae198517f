//! What the router reports to: notes when a report was there, and answers it, or hands it on to the real store and notes
//! when that had committed it.

use super::arrivals::{Arrivals, numbers};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use wire::IncidentId;
use wire::detection::{Disposition, Received};

/// The way of a report until it is here, and until the store has answered.
pub(super) const RECEIVED: &str = "received";
pub(super) const COMMITTED: &str = "committed";
/// How a request begins that is no report.
pub(super) const HOP: &[u8] = b"POST /hop ";
/// The largest report that is taken.
const MOST: usize = 1 << 20;

/// The stub. Its threads end with the process.
#[derive(Debug, Clone)]
pub(super) struct Stub {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    arrivals: Arrivals,
    hands_on: AtomicBool,
    store: Mutex<Option<SocketAddr>>,
}

impl Stub {
    pub(super) fn start(arrivals: Arrivals) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { arrivals, hands_on: AtomicBool::new(false), store: Mutex::new(None) });
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let shared = Arc::clone(&served);
                std::thread::spawn(move || serve(&shared, &socket));
            }
        });
        Ok(Self { address, shared })
    }

    /// From now on reports go on to a store, or end here.
    pub(super) fn hand_on(&self, store: Option<SocketAddr>) {
        *self.shared.store.lock().unwrap_or_else(PoisonError::into_inner) = store;
        self.shared.hands_on.store(store.is_some(), Ordering::SeqCst);
    }
}

fn serve(shared: &Shared, socket: &TcpStream) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let (mut reader, mut writer) = (BufReader::new(socket), socket);
    let mut store: Option<BufReader<TcpStream>> = None;
    loop {
        let message = message(&mut reader)?;
        let at = Instant::now();
        let lines = numbers(&message);
        lines.iter().for_each(|line| shared.arrivals.note((RECEIVED, *line), at));
        // Whoever only asks how long the way here is gets no further.
        if !shared.hands_on.load(Ordering::SeqCst) || message.starts_with(HOP) {
            writer.write_all(answer().as_bytes()).ok()?;
            continue;
        }
        if store.is_none() {
            let address = (*shared.store.lock().unwrap_or_else(PoisonError::into_inner))?;
            let connection = TcpStream::connect(address).ok()?;
            connection.set_nodelay(true).ok()?;
            store = Some(BufReader::new(connection));
        }
        let connection = store.as_mut()?;
        connection.get_mut().write_all(&message).ok()?;
        let answer = self::message(connection)?;
        let at = Instant::now();
        // What was refused was not committed.
        if answer.starts_with(b"HTTP/1.1 200") || answer.starts_with(b"HTTP/1.1 201") {
            lines.iter().for_each(|line| shared.arrivals.note((COMMITTED, *line), at));
        }
        writer.write_all(&answer).ok()?;
    }
}

/// A request or an answer with its body.
fn message(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let (mut message, mut length) = (Vec::new(), 0);
    loop {
        let begin = message.len();
        reader.read_until(b'\n', &mut message).ok().filter(|read| *read > 0)?;
        let line = message.get(begin..)?;
        if line == b"\r\n" {
            break;
        }
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok().filter(|length| *length <= MOST)?;
        }
    }
    let head = message.len();
    message.resize(head + length, 0);
    reader.read_exact(message.get_mut(head..)?).ok()?;
    Some(message)
}

fn answer() -> String {
    let received = Received { incident: IncidentId::fresh(), disposition: Disposition::Joined };
    let body = serde_json::to_string(&received).unwrap_or_default();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_one_after_the_other_with_their_bodies() {
        let mut stream = &b"POST /v1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n"[..];
        assert!(message(&mut stream).unwrap().ends_with(b"\r\n\r\nabc"));
        assert_eq!(message(&mut stream).unwrap(), b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(message(&mut stream), None);
        assert_eq!(message(&mut &b"POST / HTTP/1.1\r\ncontent-length: 99\r\n\r\nabc"[..]), None);
    }
}
