//! The upstream of a candidate that the oracle asks: it does what it is told and counts who asks it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The longest wait for a request's head.
const PATIENCE: Duration = Duration::from_secs(2);

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Answers its value.
    Well,
    /// Answers 500.
    Failing,
    /// Answers 200 with something that is no value.
    Wrong,
}

/// See the module. Its thread ends with the process.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    shared: Arc<Shared>,
    pub(super) port: u16,
}

#[derive(Debug)]
struct Shared {
    mood: Mutex<Mood>,
    value: AtomicI64,
    calls: AtomicU32,
}

impl Upstream {
    pub(super) fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared =
            Arc::new(Shared { mood: Mutex::new(Mood::Well), value: AtomicI64::new(0), calls: AtomicU32::new(0) });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                // A client that goes away is its own business.
                let _gone = serving.answer(socket);
            }
        });
        Ok(Self { shared, port })
    }

    /// Behaves so from now on, with this value; counts anew.
    pub(super) fn be(&self, mood: Mood, value: i64) {
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
        self.shared.value.store(value, Ordering::SeqCst);
        self.shared.calls.store(0, Ordering::SeqCst);
    }

    pub(super) fn calls(&self) -> u32 {
        self.shared.calls.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn answer(&self, mut socket: TcpStream) -> std::io::Result<()> {
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut head = Vec::new();
        let mut chunk = [0; 1024];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < 16 * 1024 {
            match socket.read(&mut chunk)? {
                0 => return Ok(()),
                n => head.extend(chunk.iter().take(n)),
            }
        }
        let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
        let value = self.value.load(Ordering::SeqCst);
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, body) = match mood {
            _ if path != "/data" => ("404 Not Found", "{}".to_owned()),
            Mood::Well => ("200 OK", format!("{{\"value\":{value}}}")),
            Mood::Failing => ("500 Internal Server Error", "{}".to_owned()),
            Mood::Wrong => ("200 OK", "{\"value\":\"many\"}".to_owned()),
        };
        self.calls.fetch_add(u32::from(path == "/data"), Ordering::SeqCst);
        write!(
            socket,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}
