//! The application as a process, a plain HTTP client, and a stand-in for the incident store.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// No wait of a test is longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);
/// A database that refuses every connection: nothing listens on port 1.
pub(crate) const NOBODY: &str = "postgresql://nobody@127.0.0.1:1/none";

/// The scratch database, when there is one.
pub(crate) fn database() -> Option<String> {
    let url = ["TEST_DATABASE_URL", "DATABASE_URL"].iter().find_map(|name| std::env::var(name).ok());
    if url.is_none() {
        eprintln!("neither TEST_DATABASE_URL nor DATABASE_URL is set: this test shows nothing");
    }
    url
}

/// The command with the given environment and nothing else of ours.
pub(crate) fn command(env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fault-app"));
    command.env_clear().envs(env.iter().copied()).stdin(Stdio::null());
    command
}

/// A running application.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    pub(crate) port: u16,
}

impl Running {
    /// Starts it on a free port and waits until it listens.
    pub(crate) fn start(database: &str, env: &[(&str, &str)]) -> Self {
        let mut command = command(env);
        command.env("PORT", "0").env("DATABASE_URL", database).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut running = Self { child, lines, port: 0 };
        let (_, listening) = running.line("message", "listening");
        running.port = u16::try_from(listening["port"].as_u64().unwrap()).unwrap();
        running
    }

    /// The next line whose member `key` is `value`, as text and read.
    #[track_caller]
    pub(crate) fn line(&self, key: &str, value: &str) -> (String, Value) {
        let end = Instant::now() + LIMIT;
        let mut others = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            let read: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            if read[key] == value {
                return (line, read);
            }
            others.push(line);
        }
        panic!("no line with {key} = {value}; there were {others:#?}");
    }

    pub(crate) fn send(&self, request: &str) -> Answer {
        send(self.port, request)
    }

    pub(crate) fn terminate(&self) {
        let signal = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status();
        assert!(signal.unwrap().success());
    }

    /// Waits for its end; the lines that were left.
    pub(crate) fn ended(mut self) -> (ExitStatus, Vec<Value>) {
        let end = Instant::now() + LIMIT;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.lines.iter().map(|line| serde_json::from_str(&line).unwrap()).collect());
            }
            thread::park_timeout(Duration::from_millis(5));
        }
        panic!("it did not end within {LIMIT:?}");
    }

    /// Stops it in an orderly way; the lines that were left.
    pub(crate) fn stopped(self) -> Vec<Value> {
        self.terminate();
        let (status, lines) = self.ended();
        assert!(status.success(), "{status}");
        lines
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json"), "{self:?}");
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Checks that it is an error body with this status and code.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        let body = self.json();
        assert_eq!((self.status, &body["code"]), (status, &Value::from(code)), "{self:?}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{self:?}");
        assert!(self.head.contains(&format!("x-request-id: {}", body["request_id"].as_str().unwrap())), "{self:?}");
    }
}

/// Sends `METHOD /path` with further header lines, each after a line end, and reads the answer to its end.
pub(crate) fn send(port: u16, request: &str) -> Answer {
    let mut stream = connect(port);
    let (first, headers) = request.split_once('\n').unwrap_or((request, ""));
    let headers: String = headers.lines().map(|line| format!("{line}\r\n")).collect();
    write!(stream, "{first} HTTP/1.1\r\nhost: app\r\nconnection: close\r\n{headers}\r\n").unwrap();
    read_answer(stream)
}

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Reads until the server closes.
pub(crate) fn read_answer(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), text: body.to_owned() }
}

/// Takes reports like the incident store: each request's head and body.
pub(crate) struct Store {
    pub(crate) url: String,
    reports: Receiver<(String, Value)>,
}

impl Store {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/detections", listener.local_addr().unwrap());
        let (sender, reports) = channel();
        thread::spawn(move || {
            listener.incoming().map_while(Result::ok).try_for_each(|stream| sender.send(take_report(stream)))
        });
        Self { url, reports }
    }

    #[track_caller]
    pub(crate) fn report(&self) -> (String, Value) {
        self.reports.recv_timeout(LIMIT).unwrap()
    }

    /// Whether nothing (more) was reported.
    pub(crate) fn is_empty(&self) -> bool {
        self.reports.try_recv().is_err()
    }
}

fn take_report(mut stream: TcpStream) -> (String, Value) {
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "a broken report: {head:?}");
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    (head, serde_json::from_slice(&body).unwrap())
}
