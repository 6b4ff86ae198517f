//! What the kernel tells of memory.

use crate::files;
use std::fmt;
use std::path::Path;
use wire::target::Memory;

/// The largest of these files, bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// The first version of control groups says so where there is no limit: the largest number of whole pages.
const UNLIMITED: u64 = 1 << 60;

/// What was measured. What could not be is left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) pid: Option<i32>,
    /// None when it does not run.
    pub(super) process: Option<ProcessMemory>,
    pub(super) machine: Option<MachineMemory>,
    /// None where the target file names no group.
    pub(super) group: Option<Group>,
}

/// Of the process, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProcessMemory {
    pub(super) resident: u64,
    pub(super) swapped: u64,
}

impl ProcessMemory {
    /// What was swapped out it needs, too.
    pub(super) fn needed(self) -> u64 {
        self.resident.saturating_add(self.swapped)
    }
}

/// Of the machine, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MachineMemory {
    pub(super) total: u64,
    pub(super) available: u64,
    swapped: u64,
}

impl fmt::Display for MachineMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (available, total) = (mib(self.available), mib(self.total));
        write!(f, "{available} of {total} are available, {} swapped out", mib(self.swapped))
    }
}

/// Of the control group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Group {
    /// What cannot be given back at once, bytes.
    pub(super) working: Option<u64>,
    /// None where there is no limit.
    pub(super) limit: Option<u64>,
    /// What the kernel ended there, ever.
    pub(super) kills: Option<u64>,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |bytes: Option<u64>, none: &str| bytes.map_or_else(|| none.to_owned(), mib);
        write!(
            f,
            "it has {} and may have {}",
            shown(self.working, "an unknown amount"),
            shown(self.limit, "any amount")
        )
    }
}

/// For people.
pub(super) fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}

pub(super) fn measure(memory: &Memory) -> Measured {
    let pid = text(Path::new(&memory.pid_file)).and_then(|pid| pid.trim().parse::<i32>().ok());
    let status = pid.and_then(|pid| text(Path::new(&format!("/proc/{pid}/status"))));
    Measured {
        pid,
        process: status.and_then(|status| of_status(&status)),
        machine: text(Path::new("/proc/meminfo")).and_then(|meminfo| of_meminfo(&meminfo)),
        group: memory.cgroup.as_ref().map(|folder| of_group(Path::new(folder))),
    }
}

fn text(path: &Path) -> Option<String> {
    String::from_utf8(files::read(path, MAX_BYTES).ok()??).ok()
}

/// A process that has ended, and that nobody has taken note of yet, has no memory any more.
fn of_status(status: &str) -> Option<ProcessMemory> {
    Some(ProcessMemory { resident: kib(status, "VmRSS:")?, swapped: kib(status, "VmSwap:").unwrap_or(0) })
}

fn of_meminfo(meminfo: &str) -> Option<MachineMemory> {
    let swapped =
        kib(meminfo, "SwapTotal:").zip(kib(meminfo, "SwapFree:")).map_or(0, |(all, free)| all.saturating_sub(free));
    Some(MachineMemory { total: kib(meminfo, "MemTotal:")?, available: kib(meminfo, "MemAvailable:")?, swapped })
}

/// Of a group of the second version of control groups, or else of the first.
fn of_group(folder: &Path) -> Group {
    let read = |name: &str| text(&folder.join(name));
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    let stat = read("memory.stat").unwrap_or_default();
    let idle = field(&stat, "total_inactive_file").or_else(|| field(&stat, "inactive_file")).unwrap_or(0);
    let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"));
    let limit = number("memory.max").or_else(|| number("memory.limit_in_bytes"));
    let events = read("memory.events").or_else(|| read("memory.oom_control")).unwrap_or_default();
    Group {
        working: used.map(|used| used.saturating_sub(idle)),
        limit: limit.filter(|limit| *limit < UNLIMITED),
        kills: field(&events, "oom_kill"),
    }
}

fn kib(text: &str, name: &str) -> Option<u64> {
    Some(field(text, name)?.saturating_mul(1024))
}

/// The number after a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut words = text.lines().map(str::split_ascii_whitespace);
    words
        .find_map(|mut words| (words.next() == Some(name)).then(|| words.next())?)
        .and_then(|number| number.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_swapped_out_counts_as_needed() {
        let status = "Name:\tx\nVmHWM:\t  9 kB\nVmRSS:\t    1024 kB\nVmSwap:\t     512 kB\n";
        assert_eq!(of_status(status).map(ProcessMemory::needed), Some(1536 * 1024));
        assert_eq!(of_status("Name:\tx\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn both_versions_of_control_groups_are_read() {
        let group = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().expect("a folder");
            files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).expect("written"));
            of_group(folder.path())
        };
        let second = group(&[
            ("memory.current", "1000\n"),
            ("memory.max", "max\n"),
            ("memory.stat", "anon 5\ninactive_file 300\n"),
            ("memory.events", "low 0\nhigh 0\nmax 4\noom 2\noom_kill 1\n"),
        ]);
        assert_eq!(second, Group { working: Some(700), limit: None, kills: Some(1) });
        let first = group(&[
            ("memory.usage_in_bytes", "1000\n"),
            ("memory.limit_in_bytes", "2000\n"),
            ("memory.stat", "inactive_file 1\ntotal_inactive_file 400\n"),
            ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
        ]);
        assert_eq!(first, Group { working: Some(600), limit: Some(2000), kills: Some(3) });
        let unlimited = group(&[("memory.limit_in_bytes", "9223372036854771712\n")]);
        assert_eq!(unlimited, Group::default());
    }
}
