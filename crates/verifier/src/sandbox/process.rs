//! A process with everything it started: bounded output, a limit, and nothing left of it at the end.

use super::disk::{self, Quota};
use super::{Ended, Exit, Kept, SandboxError};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// How much of each output is kept: its end, bytes.
const TAIL: usize = 16 * 1024;
/// How long a killed process may take to vanish.
const VANISH: Duration = Duration::from_secs(5);

/// Starts a command in a process group of its own.
pub(crate) fn start(
    mut command: Command,
    limit: Duration,
    stop: CancellationToken,
    quota: Quota,
) -> Result<Kept<Result<Ended, SandboxError>>, SandboxError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    let child = command.spawn().map_err(SandboxError::of("start a process"))?;
    let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw));
    Ok(Box::pin(follow(child, group, limit, (stop, quota))))
}

/// Kills the group when it is dropped.
struct Group(Option<Pid>);

impl Group {
    fn kill(&self) {
        if let Some(group) = self.0 {
            let _gone_already = killpg(group, Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn follow(
    mut child: Child,
    group: Group,
    limit: Duration,
    (stop, quota): (CancellationToken, Quota),
) -> Result<Ended, SandboxError> {
    let (out, err) = (Tail::default(), Tail::default());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reading = async { tokio::join!(out.read(stdout), err.read(stderr)) };
    tokio::pin!(reading);
    let cut = {
        // A process that its parent left behind holds the output open: it counts as the command's own.
        let whole = async { tokio::join!(child.wait(), &mut reading).0 };
        tokio::select! {
            status = whole => Ok(status.map_err(SandboxError::of("wait for a process"))?),
            () = tokio::time::sleep(limit) => Err(Exit::TimedOut),
            () = stop.cancelled() => Err(Exit::Stopped),
            exit = disk::passed(quota) => Err(exit),
        }
    };
    group.kill();
    let exit = match cut {
        Ok(status) => exit(status),
        Err(cut) => {
            let rest = async { tokio::join!(child.wait(), &mut reading) };
            let _vanished = tokio::time::timeout(VANISH, rest).await;
            cut
        }
    };
    Ok(Ended { exit, stdout: out.text(), stderr: err.text() })
}

fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Stopped,
    }
}

/// The end of an output.
#[derive(Default)]
struct Tail(Arc<Mutex<Vec<u8>>>);

impl Tail {
    async fn read(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut chunk = vec![0; TAIL];
        while let Ok(count @ 1..) = stream.read(&mut chunk).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(chunk.iter().take(count));
            let over = kept.len().saturating_sub(TAIL);
            kept.drain(..over);
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}
