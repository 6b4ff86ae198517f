//! Snapshots, moved to the secondary store and back; and what is disposable.

use super::BUDGET;
use crate::error::ActError;
use crate::processes::{self, FileId};
use crate::{carry, files};
use nix::fcntl::OFlag;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use tokio::time::Instant;
use wire::Digest;

/// How deep in the folder of disposable files is looked, and how many of them are deleted at once.
const MAX_DEPTH: usize = 8;
const MAX_CLEARED: usize = 10_000;
/// So many folders are held open at once.
const MAX_FOLDERS: usize = 200;

/// The snapshots, and where they move.
pub(super) struct Store {
    pub(super) snapshots: PathBuf,
    pub(super) secondary: PathBuf,
    pub(super) keep: usize,
}

impl Store {
    /// Those beyond the newest, the oldest first.
    fn surplus(&self) -> Vec<String> {
        let mut names = files::newest_first(&self.snapshots).unwrap_or_default();
        names.retain(|name| !name.starts_with('.'));
        let mut surplus = names.split_off(self.keep.min(names.len()));
        surplus.reverse();
        surplus
    }

    /// The name of these; none when there are none.
    pub(super) fn surplus_batch(&self) -> Option<String> {
        let surplus = self.surplus();
        let names = Digest::of(format!("{surplus:?}"));
        (!surplus.is_empty()).then(|| format!("{}{:.12}", self.prefix(), names.as_str()))
    }

    /// With this begin the names of all batches of this folder.
    fn prefix(&self) -> String {
        let folder = Digest::of(self.snapshots.as_os_str().as_encoded_bytes());
        format!("snapshots-{:.8}-", folder.as_str())
    }

    /// How many bytes were moved away.
    pub(super) fn away(&self) -> u64 {
        let batches = std::fs::read_dir(&self.secondary).into_iter().flatten().flatten();
        let own = batches.filter(|batch| batch.file_name().to_string_lossy().starts_with(&self.prefix()));
        let files = own.flat_map(|batch| std::fs::read_dir(batch.path()).into_iter().flatten().flatten());
        files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum()
    }

    /// Moves them: copied, synced, read back, and only then removed.
    pub(super) async fn move_away(&self, batch: &str) -> Result<String, ActError> {
        let until = Instant::now() + BUDGET;
        let folder = files::beneath(&self.secondary, batch)?;
        self.sweep(batch);
        let device = std::fs::metadata(&self.snapshots).map_err(ActError::io("look at", &self.snapshots))?.dev();
        let open = processes::open_on(device);
        let (mut done, mut left) = (0, Vec::new());
        for name in self.surplus() {
            if Instant::now() >= until {
                left.push(format!("{name} and newer ones wait"));
                break;
            }
            let from = self.snapshots.join(&name);
            let about = std::fs::symlink_metadata(&from).map_err(ActError::io("look at", &from))?;
            if open.iter().any(|open| open.writes && open.file == FileId::of(&about)) {
                left.push(format!("{name} is being written"));
                continue;
            }
            match carried(&from, &folder.join(&name)).await {
                Ok(()) => done += 1,
                Err(error) if error.kind() == ErrorKind::StorageFull && done > 0 => {
                    left.push(format!("the secondary store has no room for {name}"));
                    break;
                }
                Err(error) => return Err(ActError::io("move", &from)(error)),
            }
        }
        let left = if left.is_empty() { String::new() } else { format!("; {}", left.join(", ")) };
        Ok(format!("{done} snapshots moved to {}{left}", folder.display()))
    }

    /// Removes the empty folders of batches that are back.
    fn sweep(&self, but: &str) {
        let batches = std::fs::read_dir(&self.secondary).into_iter().flatten().flatten();
        let own = batches.filter(|batch| batch.file_name().to_string_lossy().starts_with(&self.prefix()));
        for batch in own.filter(|batch| batch.file_name() != *but) {
            // Only an empty folder can be removed so.
            let _left = std::fs::remove_dir(batch.path());
        }
    }

    /// Brings a batch back, the newest first.
    pub(super) async fn bring_back(&self, batch: &str) -> Result<String, ActError> {
        let folder = files::beneath(&self.secondary, batch)?;
        // A store that is not mounted is an empty folder: what is not to be seen there is not back.
        let names = files::newest_first(&folder).map_err(ActError::io("look into", &folder))?;
        let mut done = 0;
        for name in names.into_iter().filter(|name| !name.starts_with('.')) {
            let from = folder.join(&name);
            carried(&from, &self.snapshots.join(&name)).await.map_err(ActError::io("bring back", &from))?;
            done += 1;
        }
        // The folder stays, empty, so that a second time finds that there is nothing left to do.
        Ok(format!("{done} snapshots are back"))
    }
}

/// Carries a file; what a kill left at the other end counts when it is the same.
async fn carried(from: &Path, to: &Path) -> std::io::Result<()> {
    if !to.exists() {
        let before = std::fs::metadata(from)?;
        carry::copy(from, to).await?;
        let now = std::fs::metadata(from)?;
        if before.len() != now.len() || before.modified()? != now.modified()? {
            files::remove(to)?;
            return Err(std::io::Error::other("it was written meanwhile"));
        }
    } else if carry::sum(from).await? != carry::sum(to).await? {
        return Err(std::io::Error::other(format!("{} is another file", to.display())));
    }
    files::remove(from)?;
    carry::sync_folder_of(from)
}

/// Whether there is anything to delete in a folder.
pub(super) fn has_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Deletes the files of a folder, of its own file system, that nobody has open. No link leads out: folders are entered by what
/// they are, not by what their name leads to.
pub(super) async fn clear(folder: &Path) -> Result<String, ActError> {
    let top = enter(folder).map_err(ActError::io("enter", folder))?;
    let device = top.metadata().map_err(ActError::io("look at", folder))?.dev();
    let open = processes::open_on(device);
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![(top, 0)];
    while let Some((folder, depth)) = folders.pop() {
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        for entry in std::fs::read_dir(&path).map_err(ActError::io("list", &path))?.flatten() {
            let Ok(about) = entry.metadata() else { continue };
            let in_use = open.iter().any(|open| open.file == FileId::of(&about));
            if files >= MAX_CLEARED || about.dev() != device {
                continue;
            } else if about.is_file() && !in_use {
                files::remove(&entry.path()).map_err(ActError::io("delete", &entry.path()))?;
                (files, bytes) = (files + 1, bytes + about.blocks() * 512);
            } else if about.is_dir() && depth < MAX_DEPTH && folders.len() < MAX_FOLDERS {
                folders.extend(enter(&entry.path()).ok().map(|inner| (inner, depth + 1)));
            }
        }
        tokio::task::yield_now().await;
    }
    Ok(format!("{files} files of {bytes} bytes are deleted"))
}

fn enter(folder: &Path) -> std::io::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    File::options().read(true).custom_flags(flags.bits()).open(folder)
}
