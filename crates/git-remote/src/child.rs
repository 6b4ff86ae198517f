//! A program that is run to its end, with its whole group of processes, and never for longer than it is allowed.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How much of what it writes is kept, bytes: the beginning of its answers, the end of its complaints.
const KEPT: usize = 64 * 1024;
/// How long it may take to tidy up (lock files, halves of packs) when it is told to end.
const GRACE: Duration = Duration::from_secs(1);
/// How many parts of its output may wait to be taken.
const PARTS: usize = 16;
/// How often a program that has closed its outputs is asked whether it has ended.
const LOOK: Duration = Duration::from_millis(2);

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With a code of its own; none when a signal ended it.
    Exit(Option<i32>),
    /// It was ended: it had been silent too long, or took too long altogether.
    Limit,
}

/// What it wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) end: End,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

enum Part {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
}

/// Runs a program that may be silent for `silence` at a time and take `whole` altogether.
pub(crate) fn run(mut command: Command, silence: Duration, whole: Duration) -> io::Result<Said> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let (tell, told) = sync_channel(PARTS);
    pass_on(child.stdout.take(), tell.clone(), Part::Stdout);
    pass_on(child.stderr.take(), tell, Part::Stderr);
    let (mut said, until) = (Said { end: End::Limit, stdout: Vec::new(), stderr: Vec::new() }, Instant::now() + whole);
    let is_closed = listen(&told, &mut said, silence, until);
    if is_closed && let Some(code) = wait(&mut child, until.min(Instant::now() + silence))? {
        said.end = End::Exit(code);
        return Ok(said);
    }
    end(&mut child, &told, &mut said)?;
    Ok(said)
}

fn pass_on(from: Option<impl Read + Send + 'static>, to: SyncSender<Part>, part: fn(Vec<u8>) -> Part) {
    let Some(mut from) = from else { return };
    // It ends with the pipe, which ends with the group.
    thread::spawn(move || {
        let mut buffer = vec![0; 8 * 1024];
        loop {
            match from.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    let Ok(()) = to.send(part(buffer.get(..count).unwrap_or_default().to_vec())) else { return };
                }
            }
        }
    });
}

/// Listens until both outputs are closed (then true), or a limit is over.
fn listen(told: &Receiver<Part>, said: &mut Said, silence: Duration, until: Instant) -> bool {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        match told.recv_timeout(silence.min(left)) {
            Ok(Part::Stdout(bytes)) => {
                let room = KEPT.saturating_sub(said.stdout.len());
                said.stdout.extend(bytes.into_iter().take(room));
            }
            Ok(Part::Stderr(bytes)) => {
                said.stderr.extend(bytes);
                let surplus = said.stderr.len().saturating_sub(KEPT);
                said.stderr.drain(..surplus);
            }
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
}

/// Its code, when it ends in time.
fn wait(child: &mut Child, until: Instant) -> io::Result<Option<Option<i32>>> {
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status.code())),
            None if Instant::now() >= until => return Ok(None),
            None => thread::sleep(LOOK),
        }
    }
}

/// Ends the whole group. Its leader is asked for its result last: until then its number belongs to nobody else.
fn end(child: &mut Child, told: &Receiver<Part>, said: &mut Said) -> io::Result<()> {
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    let _gone = killpg(group, Signal::SIGTERM);
    listen(told, said, GRACE, Instant::now() + GRACE);
    let _gone = killpg(group, Signal::SIGKILL);
    child.wait()?;
    // Its outputs close when the last of its group has ended.
    listen(told, said, GRACE, Instant::now() + GRACE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_it_wrote_and_its_code_are_told() {
        let said = run(shell("echo one; echo two >&2; exit 3"), LONG, LONG).expect("it runs");
        assert_eq!(said.end, End::Exit(Some(3)));
        assert_eq!((said.stdout.as_slice(), said.stderr.as_slice()), (&b"one\n"[..], &b"two\n"[..]));
    }

    #[test]
    fn a_flood_is_bounded_to_the_first_answers_and_the_last_complaints() {
        let script = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; echo end >&2";
        let said = run(shell(script), LONG, LONG).expect("it runs");
        assert_eq!((said.end, said.stdout.len(), said.stderr.len()), (End::Exit(Some(0)), KEPT, KEPT));
        assert!(said.stderr.ends_with(b"end\n"));
    }

    #[tokio::test]
    async fn a_silent_one_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        // It ignores the polite word, and its own child holds the outputs, too.
        let script = format!(
            "trap '' TERM; echo $$ > {0}; sleep 1000 & echo $! >> {0}; wait; wait",
            folder.path().join("pids").display()
        );
        let said = run(shell(&script), Duration::from_millis(300), LONG).expect("it runs");
        assert_eq!(said.end, End::Limit);
        let pids = std::fs::read_to_string(folder.path().join("pids")).expect("the pids");
        assert_eq!(pids.lines().count(), 2);
        for pid in pids.lines() {
            let gone = async || {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                (stat.is_empty() || stat.contains(") Z ")).then_some(())
            };
            testkit::eventually("it is gone", Duration::from_secs(20), gone).await;
        }
    }

    #[test]
    fn one_that_talks_without_end_is_ended_too() {
        let script = "while :; do echo on; done";
        assert_eq!(run(shell(script), LONG, Duration::from_millis(300)).expect("it runs").end, End::Limit);
    }
}
