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
use tokio::time::{Instant, timeout};
use wire::runtime::Process;

/// Who takes a connection and does nothing with it for so long does not answer.
const ANSWER: Duration = Duration::from_secs(3);
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
    pub(super) async fn stale(&self, port: u16) -> Option<Stale> {
        match self {
            Self { retired: true, .. } => Some(Stale::Retired),
            Self { port: own, .. } if *own != port => Some(Stale::Elsewhere(*own)),
            _ => (!answers(port).await).then_some(Stale::Silent),
        }
    }
}

/// Whether somebody reacts at a port in any way, whatever protocol it speaks: by bytes, or by closing.
async fn answers(port: u16) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        stream.read(&mut [0; 1]).await
    };
    // A connection that is refused or reset is a reaction, too, and nobody is ended for it.
    timeout(ANSWER, asked).await.is_ok()
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
