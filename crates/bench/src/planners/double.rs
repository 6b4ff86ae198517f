//! A planner as a server of its provider's protocol. It keeps the prompts, in which secrets are looked for.

use super::persona::{Persona, Reply};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a connection may be silent, and the longest prompt that is read, bytes.
const SILENCE: Duration = Duration::from_secs(10);
const MAX_PROMPT: usize = 4 << 20;

/// See the module. Its thread ends with the process.
#[derive(Debug, Clone)]
pub(super) struct Double {
    pub(super) base: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    persona: Persona,
    asked: AtomicUsize,
    prompts: Mutex<Vec<String>>,
}

impl Double {
    pub(super) fn start(persona: Persona) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let base = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared { persona, asked: AtomicUsize::new(0), prompts: Mutex::default() });
        let its = Arc::clone(&shared);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let its = Arc::clone(&its);
                // A client that has heard enough goes away.
                std::thread::spawn(move || its.answer(socket).ok());
            }
        });
        Ok(Self { base, shared })
    }

    /// Everything it was told.
    pub(super) fn prompts(&self) -> Vec<String> {
        self.shared.prompts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    fn answer(&self, mut socket: TcpStream) -> std::io::Result<()> {
        socket.set_read_timeout(Some(SILENCE))?;
        socket.set_write_timeout(Some(SILENCE))?;
        let mut reader = BufReader::new(socket.try_clone()?);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                if line.trim().is_empty() { break } else { continue }
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length.min(MAX_PROMPT)];
        reader.read_exact(&mut body)?;
        let prompt = String::from_utf8_lossy(&body).into_owned();
        let n = self.asked.fetch_add(1, Ordering::SeqCst);
        let Reply { status, headers, body, sent } = self.persona.replies(&prompt, n);
        self.prompts.lock().unwrap_or_else(PoisonError::into_inner).push(prompt);
        let length = body.len();
        write!(
            socket,
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
        )?;
        socket.write_all(body.get(..sent).unwrap_or(&body))
    }
}
