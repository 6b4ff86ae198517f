//! The processes below this one, read from `/proc`.

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long what was left behind may take after SIGTERM.
const GRACE: Duration = Duration::from_secs(6);

/// What `/proc/<pid>/stat` says of a process.
#[derive(Debug, Clone, Copy)]
struct Stat {
    parent: u32,
    zombie: bool,
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; what follows the last one is regular.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, zombie: *fields.first()? == "Z", ticks })
}

fn processes() -> BTreeMap<u32, Stat> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| Some((pid, stat(pid)?)))
        .collect()
}

/// Every process below `root`, itself not among them, without `spare` and what is below those.
fn below(root: u32, spare: &[u32]) -> BTreeSet<u32> {
    let processes = processes();
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for (pid, _) in processes.iter().filter(|(pid, stat)| stat.parent == parent && !spare.contains(pid)) {
            if found.insert(*pid) {
                open.push(*pid);
            }
        }
    }
    found
}

/// Whether a process is `root` or one below it.
pub fn is_below(pid: u32, root: u32) -> bool {
    let parents =
        std::iter::successors(Some(pid), |pid| stat(*pid).map(|stat| stat.parent).filter(|parent| *parent > 1));
    // Nobody nests processes deeper; a table that changes while it is read must not hold us.
    parents.take(64).any(|ancestor| ancestor == root)
}

/// CPU seconds of this process, of every one below it, and of those of them that have ended.
pub fn cpu_seconds() -> f64 {
    let own = std::process::id();
    let ticks: u64 = below(own, &[]).into_iter().chain([own]).filter_map(stat).map(|stat| stat.ticks).sum();
    let per_second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    ticks as f64 / per_second as f64
}

/// Resident memory of a process, KiB.
pub fn resident_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Takes note of the end of processes that became ours when their parent died.
pub fn reap_adopted() {
    let own = std::process::id();
    for (pid, stat) in processes() {
        // A child that we started is waited for by its owner, who looks at it within the same moment; a zombie that
        // stays is an adopted one. Waiting for it here at worst hides an exit status that nobody reads.
        if stat.parent == own && stat.zombie && is_adopted(pid) {
            let _reaped = waitpid(pid_of(pid), Some(WaitPidFlag::WNOHANG));
        }
    }
}

/// A session of its own tells an instance that the deployer started from a service that we started.
fn is_adopted(pid: u32) -> bool {
    nix::unistd::getsid(Some(pid_of(pid))).is_ok_and(|session| nix::unistd::getsid(None) != Ok(session))
}

/// Ends every process below this one but `spare`: SIGTERM, a bounded wait, SIGKILL.
pub fn end_all(spare: &[u32]) {
    let own = std::process::id();
    let alive = || -> Vec<u32> {
        reap(&below(own, spare));
        below(own, spare).into_iter().filter(|pid| stat(*pid).is_some_and(|stat| !stat.zombie)).collect()
    };
    let until = Instant::now() + GRACE;
    signal_all(&alive(), Signal::SIGTERM);
    while !alive().is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal_all(&alive(), Signal::SIGKILL);
    while !alive().is_empty() && Instant::now() < until + GRACE {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Ends instances of targets that an earlier stack in the same folder left behind when it was killed: they are known by the
/// mark in their environment and by the artefact they run in. Their database's password is not valid any more.
pub fn end_left_over(artefacts: &std::path::Path) {
    let left_over = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let marked = environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(b"KINTSUGI_INSTANCE="));
        marked && std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder.starts_with(artefacts))
    };
    let alive = || -> Vec<u32> { processes().into_keys().filter(left_over).collect() };
    let until = Instant::now() + GRACE;
    signal_all(&alive(), Signal::SIGTERM);
    while !alive().is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal_all(&alive(), Signal::SIGKILL);
}

fn signal_all(pids: &[u32], signal: Signal) {
    for pid in pids {
        let _gone = kill(pid_of(*pid), signal);
    }
}

fn reap(pids: &BTreeSet<u32>) {
    let own = std::process::id();
    for pid in pids.iter().filter(|pid| stat(**pid).is_some_and(|stat| stat.zombie && stat.parent == own)) {
        let _reaped = waitpid(pid_of(*pid), Some(WaitPidFlag::WNOHANG));
    }
}

fn pid_of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX))
}
