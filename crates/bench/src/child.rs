//! Programs that are measured from outside: what they say, how long they take, what CPU time.

use anyhow::Context;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// What a program that ran to its end took.
#[derive(Debug)]
pub struct Ran {
    /// What it said.
    pub said: Vec<u8>,
    /// The CPU time of it and of whatever it started, seconds.
    pub cpu: f64,
    /// From its start to its end, seconds.
    pub wall: f64,
}

/// Runs a program to its end. No other child of ours may end meanwhile.
///
/// # Errors
/// When it cannot be started, or its exit code is none of these.
pub fn run(command: &mut Command, right: &[i32]) -> anyhow::Result<Ran> {
    let (before, begun) = (children_cpu()?, Instant::now());
    let shown = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {shown}"))?;
    let mut said = Vec::new();
    child.stdout.take().context("no output")?.read_to_end(&mut said)?;
    let status = child.wait()?;
    let wall = begun.elapsed().as_secs_f64();
    anyhow::ensure!(status.code().is_some_and(|code| right.contains(&code)), "{shown} failed: {status}");
    Ok(Ran { said, cpu: children_cpu()? - before, wall })
}

fn children_cpu() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(microseconds as f64 / 1e6)
}

/// A process that is killed when dropped.
#[derive(Debug)]
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// This program, as another process.
///
/// # Errors
/// When its path is not known.
pub fn own(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.arg("part").args(arguments);
    Ok(command)
}

/// Where a program is, if it is on this machine.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = chassis::settings::variable("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/bin", "/usr/bin"]);
    folders.map(|folder| PathBuf::from(folder).join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_s_words_and_times_are_known_and_its_failure_is_one() {
        let ran =
            run(Command::new("sh").args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $i"]), &[0]);
        let ran = ran.unwrap();
        assert_eq!(ran.said, b"20000\n");
        assert!(ran.cpu > 0.0 && ran.wall > 0.0);
        assert!(run(&mut Command::new("false"), &[0]).is_err() && run(&mut Command::new("false"), &[0, 1]).is_ok());
        assert!(find("sh").is_some() && find("no-such-program").is_none());
    }
}
