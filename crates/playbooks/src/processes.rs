//! What the kernel tells of processes, out of `/proc`. Of other users' processes it tells less: what it hides is left out.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use wire::runtime::Process;

/// A file, whatever its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl FileId {
    pub(crate) fn of(about: &std::fs::Metadata) -> Self {
        Self { device: about.dev(), inode: about.ino() }
    }
}

/// A file that a process has open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) pid: i32,
    pub(crate) file: FileId,
    /// It may write there.
    pub(crate) writes: bool,
    /// No name leads there any more: its room is free only when it is closed.
    pub(crate) deleted: bool,
    pub(crate) bytes: u64,
}

/// All processes.
pub(crate) fn pids() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The process that has this pid now; none when there is none, or only what its parent has not yet taken note of.
pub(crate) fn process(pid: i32) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    started(&stat).map(|started| Process { pid, started })
}

/// The start time out of `/proc/PID/stat`, field 22. A name may hold blanks and brackets, so it is counted from the last one.
fn started(stat: &str) -> Option<u64> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

/// What a process is called, for people.
pub(crate) fn title(pid: i32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(32).collect();
    format!("process {pid} ({name})")
}

/// The files of a device that somebody has open.
pub(crate) fn open_on(device: u64) -> Vec<Open> {
    pids().into_iter().flat_map(|pid| open_by(pid, device)).collect()
}

fn open_by(pid: i32, device: u64) -> Vec<Open> {
    let one = |path: PathBuf| {
        let about = std::fs::metadata(&path).ok().filter(|about| about.dev() == device && about.is_file())?;
        let number = path.file_name()?.to_str()?;
        let told = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).ok()?;
        Some(Open {
            pid,
            file: FileId::of(&about),
            writes: writes(&told),
            deleted: about.nlink() == 0,
            bytes: about.blocks() * 512,
        })
    };
    descriptors(pid).into_iter().filter_map(one).collect()
}

/// Who has a file open, other than this process.
pub(crate) fn who_has_open(path: &Path) -> Vec<i32> {
    let Ok(about) = std::fs::metadata(path) else { return Vec::new() };
    let file = FileId::of(&about);
    others(open_on(file.device).into_iter().filter(|open| open.file == file).map(|open| open.pid))
}

/// Who has a file open that had this path and was deleted or replaced since.
pub(crate) fn who_has_former(path: &Path) -> Vec<i32> {
    let former = PathBuf::from(format!("{} (deleted)", path.display()));
    let has = |pid: &i32| descriptors(*pid).iter().any(|link| std::fs::read_link(link).is_ok_and(|to| to == former));
    others(pids().into_iter().filter(has))
}

/// Who holds a lock on one of these files, as the kernel tells it (`/proc/locks`).
pub(crate) fn who_locks(paths: &[PathBuf]) -> Vec<i32> {
    let inodes: Vec<u64> = paths.iter().filter_map(|path| Some(std::fs::metadata(path).ok()?.ino())).collect();
    let told = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    others(told.lines().filter_map(lock).filter(|(_, inode)| inodes.contains(inode)).map(|(pid, _)| pid))
}

/// Whose lock on which inode a line of `/proc/locks` tells. Who only waits for one (`->`) holds none.
fn lock(line: &str) -> Option<(i32, u64)> {
    let mut words = line.split_whitespace().skip(1);
    let (_kind, _how, _what, pid, file) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    Some((pid.parse().ok()?, file.rsplit(':').next()?.parse().ok()?))
}

fn others(pids: impl Iterator<Item = i32>) -> Vec<i32> {
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let mut pids: Vec<i32> = pids.filter(|pid| *pid != own).collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// The links of a process to what it has open.
pub(crate) fn descriptors(pid: i32) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Whether the flags of `/proc/PID/fdinfo/FD` allow writing.
fn writes(told: &str) -> bool {
    let flags = told.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_none_or(|flags| flags & 0o3 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_time_is_read_whatever_a_process_is_called() {
        let rest = "S 1 5 5 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 1000 0";
        assert_eq!(started(&format!("77 (a) b (c) {rest}")), Some(4242));
        assert_eq!(started(&format!("77 (a) Z{}", &rest[1..])), None);
        assert_eq!(started("77"), None);
        let own = i32::try_from(std::process::id()).expect("a pid");
        assert!(process(own).is_some());
    }

    #[test]
    fn a_lock_is_read_from_a_line_and_waiting_is_none() {
        assert_eq!(lock("1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 1073741824 1073742335"), Some((4711, 1234)));
        assert_eq!(lock("1: -> POSIX  ADVISORY  WRITE 4712 fe:00:1234 0 EOF"), None);
        assert_eq!(lock(""), None);
    }

    #[test]
    fn who_may_write_is_told_from_the_flags() {
        assert!(!writes("pos:\t0\nflags:\t0100000\nmnt_id:\t27\n"));
        assert!(writes("pos:\t0\nflags:\t0100001\n"));
        assert!(writes("pos:\t0\nflags:\t02100002\n"));
        assert!(writes("nothing that can be read"));
    }
}
