//! A folder of log files, as it stands.

use crate::place::FileKey;
use nix::fcntl::OFlag;
use std::fs::{DirEntry, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

/// How many entries of a folder are looked at.
const MAX_ENTRIES: usize = 10_000;

/// What a name says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// `x.log`: somebody writes it.
    Live,
    /// `x.log.1`, `x.log-20261122`: it was written.
    Rotated,
    /// Another name; only of interest if the file is known.
    Other,
    /// No longer in the folder.
    Gone,
}

impl Standing {
    pub(crate) fn of(name: &str) -> Self {
        let rest = name.strip_prefix(stem(name)).unwrap_or_default();
        let number = rest.strip_prefix(['.', '-']).unwrap_or_default();
        match rest {
            _ if stem(name).is_empty() || name.starts_with('.') => Standing::Other,
            "" => Standing::Live,
            _ if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'-') => Standing::Rotated,
            _ => Standing::Other,
        }
    }
}

/// The part of a name that a rotation keeps: up to and with the last `.log`; empty when there is none.
pub(crate) fn stem(name: &str) -> &str {
    name.rfind(".log").and_then(|at| name.get(..at + 4)).unwrap_or_default()
}

/// A regular file in the folder.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: FileKey,
    pub(crate) name: String,
    pub(crate) length: u64,
    pub(crate) modified: SystemTime,
}

/// Lists the regular files. Symbolic links, pipes and the like are none; neither is a name that is not text.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (count, entry) in std::fs::read_dir(folder)?.enumerate() {
        if count >= MAX_ENTRIES {
            return Err(io::Error::other(format!("more than {MAX_ENTRIES} files in one folder")));
        }
        entries.extend(look_at(&entry?));
    }
    Ok(entries)
}

/// `None` for what vanished meanwhile, too: the next listing tells.
fn look_at(entry: &DirEntry) -> Option<Entry> {
    let name = entry.file_name().into_string().ok()?;
    let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let modified = metadata.modified().ok()?;
    Some(Entry { key: FileKey::of(&metadata), name, length: metadata.len(), modified })
}

/// Opens a regular file of the folder; never through a link, never waiting for a pipe's writer.
pub(crate) fn open(folder: &Path, name: &str) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(folder.join(name))?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(format!("{name} is not a regular file")));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_written_and_what_was() {
        for (name, expected) in [
            ("x.log", Standing::Live),
            ("blue.v2.log", Standing::Live),
            ("x.log.1", Standing::Rotated),
            ("x.log-20261122", Standing::Rotated),
            ("x.log.2026-11-22", Standing::Rotated),
            ("x.log.1.gz", Standing::Other),
            ("x.log.", Standing::Other),
            ("x.logs", Standing::Other),
            (".hidden.log", Standing::Other),
            (".log", Standing::Other),
            ("x.txt", Standing::Other),
        ] {
            assert_eq!(Standing::of(name), expected, "{name}");
        }
    }
}
