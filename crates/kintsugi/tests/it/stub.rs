//! A service that answers what it is told to, and remembers what it was asked.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: Value,
}

type Answer = Box<dyn Fn(&Asked) -> (u16, Value) + Send + Sync>;

/// The service; it ends with the test's process.
#[derive(Clone)]
pub(crate) struct Stub {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub(crate) fn start(answer: impl Fn(&Asked) -> (u16, Value) + Send + Sync + 'static) -> Self {
        let (listener, url) = testkit::listener();
        let stub = Self { url, asked: Arc::default() };
        let (asked, answer): (_, Arc<Answer>) = (Arc::clone(&stub.asked), Arc::new(Box::new(answer)));
        std::thread::spawn(move || serve(&listener, &asked, &answer));
        stub
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(listener: &TcpListener, asked: &Arc<Mutex<Vec<Asked>>>, answer: &Arc<Answer>) {
    for stream in listener.incoming().flatten() {
        let (asked, answer) = (Arc::clone(asked), Arc::clone(answer));
        std::thread::spawn(move || {
            // A caller that goes away in between is no trouble of ours.
            let _gone = talk(stream, &asked, &answer);
        });
    }
}

fn talk(mut stream: TcpStream, asked: &Mutex<Vec<Asked>>, answer: &Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => authorization = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let one = Asked { method, path, authorization, body };
    let (status, told) = answer(&one);
    asked.lock().unwrap().push(one);
    let told = told.to_string();
    let head = format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", told.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n{told}").as_bytes())
}
