//! The target's own processes, by the pid files that they wrote, and how a stale one is ended.

use crate::error::ActError;
use crate::{files, processes};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use std::fmt;
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};
use wire::runtime::Process;

/// Who takes a connection and does nothing with it for so long does not answer.
const ANSWER: Duration = Duration::from_secs(3);
/// And not to another one for so long, right before it is ended.
const AGAIN: Duration = Duration::from_secs(1);
/// A question that was put so long ago is put anew.
const OLD: Duration = Duration::from_secs(60);
/// How long it may take to end by itself, and when it is killed.
const GRACE: Duration = Duration::from_secs(2);
const KILLED: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(5);
/// The longest pid file, bytes.
const MAX_BYTES: u64 = 4096;

/// A process of the target's own that runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Instance {
    #[serde(flatten)]
    pub(super) process: Process,
    /// The port that it is to have.
    pub(super) port: u16,
    /// It is to be gone.
    #[serde(default)]
    retired: bool,
}

/// Why an instance is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stale {
    /// It is to be gone.
    Retired,
    /// It is to have another port.
    Elsewhere(u16),
    Silent,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stale::Retired => f.write_str("its pid file says that it is retired"),
            Stale::Elsewhere(port) => write!(f, "its pid file says that it is at port {port}"),
            Stale::Silent => f.write_str("it does not answer"),
        }
    }
}

impl Instance {
    /// All that run. A pid file whose process is another one by now, or another user's than the file, names nobody.
    pub(super) fn all(folder: &Path) -> Vec<Self> {
        let names = files::newest_first(folder).unwrap_or_default();
        names.iter().filter(|name| name.ends_with(".pid")).filter_map(|name| Self::of(&folder.join(name))).collect()
    }

    fn of(path: &Path) -> Option<Self> {
        let owner = std::fs::metadata(path).ok()?.uid();
        let text = files::read(path, MAX_BYTES).ok()??;
        let own: Self = serde_json::from_slice(&text).ok()?;
        let Process { pid, .. } = own.process;
        let same_user = std::fs::metadata(format!("/proc/{pid}")).is_ok_and(|about| about.uid() == owner);
        let runs = pid > 1 && processes::process(pid) == Some(own.process);
        (runs && same_user).then_some(own)
    }

    /// Why it is stale, where it holds this port. One that answers and says nothing against it is in use.
    pub(super) async fn stale(&self, port: u16, open: &Open) -> Option<Stale> {
        match self {
            Self { retired: true, .. } => Some(Stale::Retired),
            Self { port: own, .. } if *own != port => Some(Stale::Elsewhere(*own)),
            _ => open.is_silent(self.process, port).await.then_some(Stale::Silent),
        }
    }
}

/// The question that an instance has not answered yet: whoever looks again waits on for its answer, and begins no new silence.
#[derive(Debug, Default)]
pub(super) struct Open(Mutex<Option<Question>>);

#[derive(Debug)]
struct Question {
    to: Process,
    port: u16,
    since: Instant,
    stream: TcpStream,
}

impl Open {
    /// Whether a process does not react at its port, in any way and whatever protocol it speaks: by bytes, or by closing. A reaction
    /// that comes late is one.
    async fn is_silent(&self, to: Process, port: u16) -> bool {
        let mut open = self.0.lock().await;
        let same = |asked: &Question| asked.to == to && asked.port == port && asked.since.elapsed() < OLD;
        let mut asked = match open.take().filter(same) {
            Some(asked) => asked,
            None => match timeout(ANSWER, ask(port)).await {
                Ok(Ok(stream)) => Question { to, port, since: Instant::now(), stream },
                // A connection that is refused or reset is a reaction, too, and nobody is ended for it.
                Ok(Err(_)) => return false,
                Err(_) => return true,
            },
        };
        let is_silent = timeout_at(asked.since + ANSWER, asked.stream.read(&mut [0; 1])).await.is_err();
        if is_silent {
            *open = Some(asked);
        }
        is_silent
    }
}

async fn ask(port: u16) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
    Ok(stream)
}

/// Whether somebody reacts at a port to one more question.
pub(super) async fn answers_another(port: u16) -> bool {
    timeout(AGAIN, async { ask(port).await?.read(&mut [0; 1]).await }).await.is_ok()
}

/// Ends a process: it is told to, and killed when it does not.
pub(super) async fn end(process: Process) -> Result<String, ActError> {
    for (signal, limit) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, KILLED)] {
        // Looked at right before: its pid may be another's since.
        if processes::process(process.pid) == Some(process) {
            let sent = kill(Pid::from_raw(process.pid), signal);
            sent.map_err(|error| ActError::Refused(format!("process {} cannot be ended: {error}", process.pid)))?;
        }
        let until = Instant::now() + limit;
        while processes::process(process.pid) == Some(process) && Instant::now() < until {
            tokio::time::sleep(LOOK).await;
        }
        if processes::process(process.pid) != Some(process) {
            return Ok(format!("process {} is ended by {signal}", process.pid));
        }
    }
    Err(ActError::Refused(format!("process {} does not end", process.pid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::net::TcpListener;

    #[tokio::test]
    async fn silence_is_measured_once_and_a_late_answer_ends_it() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("it is asked who came");
        let port = listener.local_addr().expect("an address").port();
        let process = Process { pid: 1, started: 1 };
        let (own, open) = (Instance { process, port, retired: false }, Open::default());
        for _ in 0..3 {
            assert_eq!(own.stale(port, &open).await, Some(Stale::Silent));
        }
        let (mut first, _) = listener.accept().expect("it was asked");
        assert!(listener.accept().is_err(), "it was asked twice");
        first.write_all(b"late").expect("it is still asked");
        drop(first);
        // The answer may be on its way for a moment.
        let until = Instant::now() + ANSWER;
        while own.stale(port, &open).await.is_some() {
            assert!(Instant::now() < until, "a late answer is none");
        }
    }

    #[tokio::test]
    async fn another_process_is_asked_anew() {
        let (open, listener) = (Open::default(), TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port"));
        let port = listener.local_addr().expect("an address").port();
        assert!(open.is_silent(Process { pid: 1, started: 1 }, port).await);
        drop(listener);
        assert!(!open.is_silent(Process { pid: 1, started: 2 }, port).await, "a refusal is a reaction");
    }
}
