//! A service over real HTTP that does what a test wants, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What it does with a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mood {
    /// Answers.
    Says(u16, &'static str),
    /// Takes it and says nothing for long.
    Silent,
    /// Closes.
    Closes,
    /// Begins an answer and closes.
    BreaksOff,
}

/// A request that came: its head in lower case, its body, and when.
#[derive(Debug, Clone)]
pub(super) struct Came {
    pub(super) head: String,
    pub(super) body: serde_json::Value,
    pub(super) at: Instant,
}

pub(super) struct Double {
    pub(super) url: String,
    mood: Arc<Mutex<Mood>>,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Double {
    pub(super) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (mood, came) = (Arc::new(Mutex::new(mood)), Arc::new(Mutex::default()));
        let (ours, noted) = (Arc::clone(&mood), Arc::clone(&came));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (mood, came) = (Arc::clone(&ours), Arc::clone(&noted));
                std::thread::spawn(move || serve(stream, &mood, &came));
            }
        });
        Self { url, mood, came }
    }

    pub(super) fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(super) fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, mood: &Mutex<Mood>, came: &Mutex<Vec<Came>>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|read| *read > 0)?;
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    came.lock().unwrap().push(Came { head, body, at: Instant::now() });
    let mood = *mood.lock().unwrap();
    match mood {
        Mood::Says(status, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} So\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").ok()
        }
        // Until the caller goes.
        Mood::Silent => reader.read(&mut [0]).ok().map(drop),
        Mood::Closes => None,
        Mood::BreaksOff => write!(stream, "HTTP/1.1 200 So\r\ncontent-length: 99\r\n\r\n{{\"value\":1").ok(),
    }
}
