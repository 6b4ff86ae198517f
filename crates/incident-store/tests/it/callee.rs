//! A target's address as it is called: answers what it is told to, in order, and remembers what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request that came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Came {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Came {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

type Answers = Arc<Mutex<VecDeque<(u16, &'static str)>>>;

/// It ends with the test's process.
#[derive(Clone)]
pub(crate) struct Callee {
    pub(crate) url: String,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Callee {
    /// In the place of a status: no answer comes, to this and to every later request.
    pub(crate) const SILENT: u16 = 0;

    /// Answers these, and then nothing: it closes the connection.
    pub(crate) fn start(answers: &[(u16, &'static str)]) -> Self {
        let (listener, url) = testkit::listener();
        let callee = Self { url, came: Arc::default() };
        let (came, answers): (_, Answers) = (Arc::clone(&callee.came), Arc::new(Mutex::new(answers.to_vec().into())));
        std::thread::spawn(move || serve(&listener, &came, &answers));
        callee
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

fn serve(listener: &TcpListener, came: &Arc<Mutex<Vec<Came>>>, answers: &Answers) {
    for stream in listener.incoming().flatten() {
        // A caller that goes away in between is no trouble of ours.
        let _gone = talk(stream, came, answers);
    }
}

fn talk(mut stream: TcpStream, came: &Mutex<Vec<Came>>, answers: &Answers) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let one = Came { line: line.trim().to_owned(), headers, body: String::new() };
    let length = one.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    came.lock().unwrap().push(Came { body, ..one });
    let Some((status, told)) = answers.lock().unwrap().pop_front() else { return Ok(()) };
    if status == Callee::SILENT {
        loop {
            std::thread::park();
        }
    }
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: text/plain\r\nset-cookie: a=b\r\ncontent-length: {}\r\n",
        told.len()
    );
    stream.write_all(format!("{head}connection: close\r\n\r\n{told}").as_bytes())
}
