//! Processes of instances: starting one that survives us, telling whether it is there, finding one that was not recorded,
//! ending it.

use crate::instance::{InstanceId, Running};
use crate::launch::{INSTANCE, Launch};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::fs::OpenOptions;
use std::io;
use std::process::Stdio;
use std::time::Duration;

/// How often a process that was told to end is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long a killed process may take to be gone.
const KILLED: Duration = Duration::from_secs(5);

/// Starts a process in a session of its own, with its own log file and nothing of our environment.
pub(crate) fn start(launch: &Launch) -> io::Result<Running> {
    let log = OpenOptions::new().create(true).append(true).open(&launch.log)?;
    let mut command = tokio::process::Command::new(&launch.program);
    command.args(&launch.arguments).env_clear().envs(launch.environment.iter().map(|(name, value)| (name, value)));
    command.current_dir(&launch.folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    #[expect(unsafe_code, reason = "setsid is safe between fork and exec: it allocates nothing and takes no lock")]
    unsafe {
        command.pre_exec(|| nix::unistd::setsid().map(|_| ()).map_err(io::Error::from));
    }
    // The handle is dropped: the runtime reaps the child when it ends, and it goes on when we end.
    let child = command.spawn()?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).ok_or_else(|| io::Error::other("no pid"))?;
    let started = look(pid).map(|seen| seen.started).ok_or_else(|| io::Error::other("it ended at once"))?;
    Ok(Running { pid, started })
}

/// Whether a process is there, and is the one that was started.
pub(crate) fn is_alive(process: Running) -> bool {
    look(process.pid).is_some_and(|seen| seen.started == process.started && !seen.dead)
}

/// The processes of an instance, by their environment: also one whose pid was never recorded. Reads all of `/proc`.
pub(crate) fn find(instance: InstanceId) -> Vec<Running> {
    let wanted = format!("{INSTANCE}={instance}");
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let ours = pids.filter(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    });
    ours.filter_map(|pid| {
        let seen = look(pid).filter(|seen| !seen.dead)?;
        Some(Running { pid, started: seen.started })
    })
    .collect()
}

/// Ends an instance: SIGTERM, then SIGKILL after `grace`, to all of its session. True when nothing of it is left.
pub(crate) async fn end(instance: InstanceId, leader: Option<Running>, grace: Duration) -> bool {
    if let Some(leader) = leader.filter(|leader| is_alive(*leader)) {
        let _sent = killpg(Pid::from_raw(leader.pid), Signal::SIGTERM);
        gone(grace, || !is_alive(leader)).await;
        // Its children may outlive it; while one does, the number of the group is not used again.
        let _sent = killpg(Pid::from_raw(leader.pid), Signal::SIGKILL);
        gone(KILLED, || !is_alive(leader)).await;
    }
    // What was never recorded, or has left the session.
    let Ok(strays) = tokio::task::spawn_blocking(move || find(instance)).await else { return false };
    for stray in &strays {
        let _sent = kill(Pid::from_raw(stray.pid), Signal::SIGTERM);
    }
    gone(grace, || !strays.iter().any(|stray| is_alive(*stray))).await;
    for stray in strays.iter().filter(|stray| is_alive(**stray)) {
        let _sent = kill(Pid::from_raw(stray.pid), Signal::SIGKILL);
    }
    gone(KILLED, || !strays.iter().any(|stray| is_alive(*stray))).await
}

async fn gone(limit: Duration, is_gone: impl Fn() -> bool) -> bool {
    let wait = async {
        while !is_gone() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(limit, wait).await.is_ok()
}

struct Seen {
    started: i64,
    /// A zombie: it has ended, nobody has asked for its result yet.
    dead: bool,
}

/// Reads `/proc/<pid>/stat`. The name in it may hold anything, so the fields are counted from its closing parenthesis.
fn look(pid: i32) -> Option<Seen> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?;
    // The state is field 3, the start time field 22.
    let started = fields.nth(18)?.parse().ok()?;
    Some(Seen { started, dead: matches!(state, "Z" | "X") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_with_another_start_time_is_another_process() {
        let own = i32::try_from(std::process::id()).expect("a pid");
        let started = look(own).expect("this process").started;
        assert!(is_alive(Running { pid: own, started }));
        assert!(!is_alive(Running { pid: own, started: started + 1 }));
    }
}
