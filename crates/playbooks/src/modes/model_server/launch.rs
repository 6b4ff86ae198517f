//! A process that is started, outlives us, and is found again: by its pid and start time, or else by a mark in its environment.

use crate::error::ActError;
use crate::files;
use crate::processes::{pids, process};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::Process;

/// The variable by which a process is found whose pid was not written any more. Its value is the path of the pid file.
const MARK: &str = "KINTSUGI_STARTED_FOR";
/// Where programs are looked for by what is started. Of our own environment it gets its home only.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// How long it may take to end by itself.
const GRACE: Duration = Duration::from_secs(3);
/// How long a killed process may take to be gone.
const KILLED: Duration = Duration::from_secs(2);
/// How often a process that was told to end is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// The kernel's clock ticks in a second, as it tells them to programs.
const TICKS: u64 = 100;

/// What is started, and where that is noted.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    command: Vec<String>,
    pid_file: PathBuf,
}

impl Launch {
    pub(super) fn new(command: &[String], pid_file: &str) -> Self {
        Self { command: command.to_vec(), pid_file: pid_file.into() }
    }

    /// Whether there is such a program.
    pub(super) fn is_installed(&self) -> bool {
        let about = self.command.first().and_then(|program| std::fs::metadata(program).ok());
        about.is_some_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    }

    /// Where it writes.
    pub(super) fn log(&self) -> String {
        format!("{}.log", self.pid_file.display())
    }

    /// What was started, if it runs.
    pub(super) fn running(&self) -> Option<Process> {
        match files::read(&self.pid_file, 1024) {
            Ok(Some(bytes)) => {
                let noted: Option<Process> = serde_json::from_slice(&bytes).ok();
                noted.filter(|noted| process(noted.pid) == Some(*noted))
            }
            // We may have died between the start and the note.
            Ok(None) => self.marked(),
            Err(_) => None,
        }
    }

    fn marked(&self) -> Option<Process> {
        let mark = format!("{MARK}={}", self.pid_file.display());
        let bears = |pid: &i32| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        // Its children bear the mark, too; it is the first of them.
        pids().into_iter().filter(bears).filter_map(process).min_by_key(|process| (process.started, process.pid))
    }

    /// How long what was started has been running.
    pub(super) fn age(&self) -> Option<Duration> {
        let running = self.running()?;
        let uptime: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?.parse().ok()?;
        let begun = Duration::from_millis(running.started.saturating_mul(1000 / TICKS));
        Some(Duration::try_from_secs_f64(uptime).ok()?.saturating_sub(begun))
    }

    /// Starts it in a session of its own, and notes who it is. It goes on when we end.
    pub(super) fn begin(&self) -> Result<(), ActError> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(ActError::Refused("the target file names no command".into()));
        };
        let log_path = PathBuf::from(self.log());
        let log = std::fs::File::create(&log_path).map_err(ActError::io("write", &log_path))?;
        let errors = log.try_clone().map_err(ActError::io("write", &log_path))?;
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).env_clear().env("PATH", PATH).env(MARK, &self.pid_file);
        command.envs(chassis::settings::variable("HOME").map(|home| ("HOME", home)));
        command.current_dir("/").stdin(Stdio::null()).stdout(log).stderr(errors);
        #[expect(unsafe_code, reason = "setsid is safe between fork and exec: it allocates nothing and takes no lock")]
        unsafe {
            command.pre_exec(|| nix::unistd::setsid().map(|_| ()).map_err(std::io::Error::from));
        }
        // The handle is dropped: the runtime takes note of the end of the process when it comes.
        let child = command.spawn().map_err(ActError::io("start", program.as_ref()))?;
        let started = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(process);
        let started = started.ok_or_else(|| ActError::Refused("it ended at once".into()))?;
        let note = serde_json::to_vec(&started).unwrap_or_default();
        files::replace(&self.pid_file, &note).map_err(ActError::io("write", &self.pid_file))
    }

    /// Ends what was started, with all of its session's first group; nothing else, and nothing where nothing runs.
    pub(super) async fn end(&self) -> Result<String, ActError> {
        let Some(leader) = self.running() else {
            files::remove(&self.pid_file).map_err(ActError::io("remove", &self.pid_file))?;
            return Ok("nothing that was started runs".into());
        };
        for (signal, limit) in [(Signal::SIGTERM, GRACE), (Signal::SIGKILL, KILLED)] {
            let _sent = killpg(Pid::from_raw(leader.pid), signal);
            if gone(leader, limit).await {
                files::remove(&self.pid_file).map_err(ActError::io("remove", &self.pid_file))?;
                return Ok(format!("process {} is ended", leader.pid));
            }
        }
        Err(ActError::Refused(format!("process {} does not end", leader.pid)))
    }
}

async fn gone(leader: Process, limit: Duration) -> bool {
    let until = Instant::now() + limit;
    while process(leader.pid) == Some(leader) {
        if Instant::now() >= until {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}
