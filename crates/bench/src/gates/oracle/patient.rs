//! A candidate's program as a process of its own, asked as a user asks it.

use crate::child::Killed;
use anyhow::Context;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How long it may take to listen.
const START: Duration = Duration::from_secs(10);
/// The longest answer that is read, bytes.
const MAX_ANSWER: u64 = 1 << 20;

/// See the module. It ends when it is dropped.
pub(super) struct Patient {
    address: SocketAddr,
    _process: Killed,
}

/// What it answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    body: Value,
}

impl Patient {
    pub(super) fn start(program: &Path, database: &str, upstream: u16) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.env_clear().env("PORT", "0").env("DATABASE_URL", database).env("ENABLE_FAULT_INJECTION", "true");
        command.env("MOCK_API_BASE_URL", format!("http://127.0.0.1:{upstream}"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = BufReader::new(child.stdout.take().context("no output")?);
        let process = Killed(child);
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let port = |line: String| {
                let line: Value = serde_json::from_str(&line).ok()?;
                (line.get("message")? == "listening").then(|| line.get("port")?.as_u64())?
            };
            // To its end, so that the process never waits for a reader.
            stdout.lines().map_while(Result::ok).filter_map(port).for_each(|port| tell.send(port).unwrap_or_default());
        });
        let port = told.recv_timeout(START).context("the candidate does not listen")?;
        Ok(Self { address: SocketAddr::from(([127, 0, 0, 1], u16::try_from(port)?)), _process: process })
    }

    /// Posts to a route. An error is what is wrong with the candidate.
    pub(super) fn ask(&self, path: &str, deadline: Duration) -> Result<Answer, String> {
        let begun = Instant::now();
        let answer = self.exchange(path, deadline).map_err(|error| format!("no answer from {path}: {error:#}"))?;
        match begun.elapsed() > deadline {
            true => Err(format!("{path} took {:?}, {deadline:?} are allowed", begun.elapsed())),
            false => Ok(answer),
        }
    }

    fn exchange(&self, path: &str, deadline: Duration) -> anyhow::Result<Answer> {
        let mut socket = TcpStream::connect(self.address)?;
        socket.set_read_timeout(Some(deadline + Duration::from_secs(1)))?;
        write!(socket, "POST {path} HTTP/1.1\r\nhost: user\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        socket.take(MAX_ANSWER).read_to_string(&mut text)?;
        let (head, body) = text.split_once("\r\n\r\n").context("no whole answer")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        // An answer may come in chunks; what is looked for is one JSON object.
        let object = body.find('{').zip(body.rfind('}')).and_then(|(from, to)| body.get(from..=to));
        let body = object.and_then(|object| serde_json::from_str(object).ok()).unwrap_or(Value::Null);
        Ok(Answer { status, head: head.to_owned(), body })
    }
}

impl Answer {
    /// 200 and `ok`.
    pub(super) fn is_ok(&self) -> Result<(), String> {
        let well = self.status == 200 && self.body.get("ok") == Some(&Value::Bool(true));
        if well { Ok(()) } else { Err(format!("it answers {} {}", self.status, self.body)) }
    }

    fn number(&self) -> Option<i64> {
        self.body.get("value")?.as_i64()
    }

    fn is_degraded(&self) -> bool {
        self.body.get("degraded") == Some(&Value::Bool(true))
    }

    /// 200 with a value, which is an old one or not.
    pub(super) fn has_value(&self, value: i64, degraded: bool) -> Result<(), String> {
        let right = self.status == 200 && self.number() == Some(value) && self.is_degraded() == degraded;
        let wanted = if degraded { "the last good value" } else { "the fresh value" };
        if right {
            Ok(())
        } else {
            Err(format!("it answers {} {} instead of {wanted} {value}", self.status, self.body))
        }
    }
}
