//! What takes the room.

use crate::processes;
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// So many are named.
const NAMED: usize = 5;
/// So many entries are looked at, so deep.
const MAX_ENTRIES: usize = 10_000;
const MAX_DEPTH: usize = 16;

/// Something that takes much room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hog {
    File {
        path: PathBuf,
        bytes: u64,
    },
    /// A file without a name, which frees its room only when it is closed.
    Deleted {
        process: String,
        bytes: u64,
    },
}

impl Hog {
    fn bytes(&self) -> u64 {
        match self {
            Hog::File { bytes, .. } | Hog::Deleted { bytes, .. } => *bytes,
        }
    }
}

impl fmt::Display for Hog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hog::File { path, bytes } => write!(f, "{} takes {bytes} bytes.", path.display()),
            Hog::Deleted { process, bytes } => {
                write!(f, "{process} holds {bytes} bytes of a deleted file, which are free when it closes it or ends.")
            }
        }
    }
}

/// The largest, of the files beneath a folder that are on its file system, and of what is deleted there and still open.
pub(super) fn largest(folder: &Path) -> Vec<Hog> {
    let Ok(device) = std::fs::metadata(folder).map(|about| about.dev()) else { return Vec::new() };
    let mut hogs = beneath(folder, device);
    let deleted = processes::open_on(device).into_iter().filter(|open| open.deleted && open.bytes > 0);
    hogs.extend(deleted.map(|open| Hog::Deleted { process: processes::title(open.pid), bytes: open.bytes }));
    hogs.sort_by_key(|hog| std::cmp::Reverse(hog.bytes()));
    hogs.truncate(NAMED);
    hogs
}

fn beneath(folder: &Path, device: u64) -> Vec<Hog> {
    let (mut hogs, mut left) = (Vec::new(), MAX_ENTRIES);
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if left == 0 {
                return hogs;
            }
            left -= 1;
            match entry.metadata() {
                Ok(about) if about.dev() != device => {}
                Ok(about) if about.is_dir() && depth < MAX_DEPTH => folders.push((entry.path(), depth + 1)),
                Ok(about) if about.is_file() => {
                    hogs.push(Hog::File { path: entry.path(), bytes: about.blocks() * 512 });
                }
                _ => {}
            }
        }
    }
    hogs
}
