//! Where a target's commands run: without credentials, without a network but declared services, within limits. The trait
//! is the seam for machines without namespaces, where a one-off task elsewhere does the same.

pub mod bubblewrap;
pub mod plain;
pub(crate) mod cgroup;
pub(crate) mod collect;
pub(crate) mod disk;
pub(crate) mod enter;
pub(crate) mod forward;
pub(crate) mod hidden;
pub(crate) mod inside;
mod link;
pub(crate) mod process;
pub(crate) mod spec;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wire::target::{Limits, Output};

/// Where the source stands in the sandbox.
pub const SOURCE: &str = "/src";
/// Where an artefact stands in the sandbox.
pub const ARTEFACT: &str = "/artefact";
/// Where outputs are collected in the sandbox.
pub const OUT: &str = "/out";

/// One command and the world it sees.
#[derive(Debug, Clone)]
pub struct Job {
    /// For people.
    pub name: String,
    /// The command; empty when only outputs are collected.
    pub command: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Its folder, in the sandbox.
    pub folder: String,
    /// The folders of the machine that it sees.
    pub places: Vec<Place>,
    /// Ports of its loopback that lead to a service's socket (a path in the sandbox).
    pub forwards: Vec<(u16, String)>,
    /// Ports of its loopback on which the verifier plays a service. They take the place of forwards.
    pub doubles: Vec<u16>,
    /// The environment variable that tells it the port to serve on, when it serves.
    pub serve: Option<String>,
    /// What is copied to `/out` when the command succeeded.
    pub collect: Vec<Output>,
    /// Its bounds.
    pub limits: Limits,
    /// A folder of the machine for the throw-away layers; the same for the steps of one build.
    pub scratch: PathBuf,
}

/// A folder of the machine in the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// On the machine.
    pub from: PathBuf,
    /// In the sandbox.
    pub to: String,
    /// What may be done with it.
    pub access: Access,
}

/// What may be done with a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Read.
    ReadOnly,
    /// Read, and write on the machine.
    Writable,
    /// Read, and write to a layer of this name in the job's scratch folder.
    ThrowAway(String),
}

/// How a job that serves is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket that leads to its port.
    Socket(PathBuf),
    /// A port of the machine's own loopback (without a sandbox).
    Port(u16),
}

/// Where a double of a job is played.
#[derive(Debug, Clone)]
pub enum Stand {
    /// A Unix socket. The sandbox listens on the double's port as long as the socket is there, and says so by a mark.
    Socket {
        /// The folder of the socket, kept open: the socket's path goes through it.
        folder: Arc<File>,
        /// The socket.
        socket: PathBuf,
        /// A file that is there while the port is listened on.
        mark: PathBuf,
    },
    /// A port of the machine's own loopback (without a sandbox).
    Port(u16),
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// With a code. 0 is the only success.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// It was killed at its limit.
    TimedOut,
    /// It was killed because it was not needed any more.
    Stopped,
    /// It was killed because it wrote more than so many MiB.
    OverDisk(u64),
    /// It was killed because the machine's disk is nearly full; nobody knows whose fault that is.
    NoRoom,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A shell's habit that the sandbox follows: 128 + the signal's number.
            Exit::Code(code @ 129..=192) => write!(f, "was ended by signal {}", code - 128),
            Exit::Code(code) => write!(f, "ended with exit code {code}"),
            Exit::Signal(signal) => write!(f, "was ended by signal {signal}"),
            Exit::TimedOut => f.write_str("was killed at its time limit"),
            Exit::Stopped => f.write_str("was stopped"),
            Exit::OverDisk(mib) => write!(f, "was killed because it wrote more than {mib} MiB to the disk"),
            Exit::NoRoom => f.write_str("was stopped because the machine's disk is nearly full"),
        }
    }
}

/// An ended job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub exit: Exit,
    /// The end of what it wrote to stdout.
    pub stdout: String,
    /// The end of what it wrote to stderr.
    pub stderr: String,
}

/// A future that can be kept.
pub type Kept<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A job that runs.
pub struct Started {
    /// How it is reached, when it serves.
    pub address: Option<Address>,
    /// Where its doubles are played, in the order of the job.
    pub doubles: Vec<Stand>,
    /// Stops it.
    pub stop: CancellationToken,
    /// Ends when the job has ended and nothing of it is left. Dropping it kills the job.
    pub ended: Kept<Result<Ended, SandboxError>>,
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Runs jobs.
pub trait RunSandboxed: fmt::Debug + Send + Sync {
    /// Starts a job that is killed at the limit. Called from a thread that lives as long as the service does.
    ///
    /// # Errors
    /// When it cannot be started.
    fn start(&self, job: &Job, limit: Duration) -> Result<Started, SandboxError>;

    /// What the evidence must say about the place where jobs run, if it is weaker than it should be.
    fn warning(&self) -> Option<&'static str> {
        None
    }
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The machine has none.
    #[error(
        "no sandbox: {why}; install bubblewrap (e.g. `apt-get install bubblewrap`) and allow user namespaces or run as \
         root with CAP_SYS_ADMIN, or set `allow_unsandboxed = true` where every candidate is trusted"
    )]
    Unavailable {
        /// What was missing, in the tool's words.
        why: String,
    },
    /// A file or process of ours failed.
    #[error("cannot {what}")]
    Failed {
        /// What was tried.
        what: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl SandboxError {
    /// Adds what was tried to an I/O error.
    pub(crate) fn of(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Failed { what, source }
    }
}
