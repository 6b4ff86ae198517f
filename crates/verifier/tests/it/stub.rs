//! A small HTTP server that a test scripts.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// One request: its path with the query, and its headers in lower case.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
}

/// What is answered: a status, more headers (each ends in CRLF), and a JSON body.
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl From<(u16, String)> for Said {
    fn from((status, body): (u16, String)) -> Self {
        Self { status, headers: String::new(), body }
    }
}

pub(crate) struct Stub {
    pub(crate) url: String,
    ended: Arc<AtomicBool>,
    served: Option<JoinHandle<()>>,
}

impl Stub {
    /// Answers each request, one after the other.
    pub(crate) fn start<S: Into<Said>>(mut answer: impl FnMut(Asked) -> S + Send + 'static) -> Self {
        let (listener, url) = testkit::listener();
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let served = std::thread::spawn(move || serve(&listener, &over, &mut answer));
        Self { url, ended, served: Some(served) }
    }
}

fn serve<S: Into<Said>>(listener: &TcpListener, over: &AtomicBool, answer: &mut impl FnMut(Asked) -> S) {
    for stream in listener.incoming().flatten() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let Some(asked) = read(&stream) else { continue };
        let Said { status, headers, body } = answer(asked).into();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
        let _gone = (&stream).write_all(format!("{head}{body}").as_bytes());
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let pairs = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Asked { path, headers: pairs.collect() })
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _wakes_it = TcpStream::connect(self.url.trim_start_matches("http://"));
        if let Some(served) = self.served.take() {
            let _ended = served.join();
        }
    }
}
