//! How much a sandbox writes to the machine's disk: looked at while it runs, since a throw-away layer has no bound of its own.

use super::Exit;
use nix::sys::statvfs::statvfs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often is looked. What is written in between is the most by which the bound can be passed.
const LOOK: Duration = Duration::from_millis(200);
/// So much of the disk stays free for the platform itself, whoever fills it, bytes. It also catches files that were unlinked.
const KEPT_FREE: u64 = 512 << 20;

/// The bound of one job.
#[derive(Debug, Clone)]
pub(crate) struct Quota {
    /// Its folders on the machine.
    pub(crate) folders: Vec<PathBuf>,
    /// What they may hold together, MiB.
    pub(crate) most_mib: u64,
}

/// Waits until the bound is passed; for ever when it is not.
pub(crate) async fn passed(quota: Quota) -> Exit {
    loop {
        let quota = quota.clone();
        let looked = tokio::task::spawn_blocking(move || look(&quota)).await;
        if let Ok(Some(exit)) = looked {
            return exit;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn look(quota: &Quota) -> Option<Exit> {
    let most = quota.most_mib.saturating_mul(1 << 20);
    let mut used = 0;
    for folder in &quota.folders {
        used = add(folder, used, most);
        let free = statvfs(folder).ok().map(|about| about.blocks_available().saturating_mul(about.fragment_size()));
        if free.is_some_and(|free| free < KEPT_FREE) {
            return Some(Exit::NoRoom);
        }
    }
    (used > most).then_some(Exit::OverDisk(quota.most_mib))
}

/// What a folder holds, in blocks of the disk, added to a sum, up to a bound. What cannot be read or is gone counts nothing.
fn add(folder: &Path, mut sum: u64, most: u64) -> u64 {
    let mut folders = vec![folder.to_owned()];
    while let Some(entries) = folders.pop().map(std::fs::read_dir) {
        for entry in entries.into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            sum += about.blocks() * 512;
            if about.is_dir() {
                folders.push(entry.path());
            }
            if sum > most {
                return sum;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_counts_and_what_is_only_claimed_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let quota = |most_mib| Quota { folders: vec![folder.path().to_owned()], most_mib };
        std::fs::create_dir_all(folder.path().join("a/b")).expect("folders");
        let sparse = std::fs::File::create(folder.path().join("a/sparse")).expect("a file");
        sparse.set_len(1 << 40).expect("a hole");
        assert_eq!(look(&quota(1)), None, "a hole takes no room");
        std::fs::write(folder.path().join("a/b/full"), vec![7; 2 << 20]).expect("a file");
        assert_eq!(look(&quota(1)), Some(Exit::OverDisk(1)));
        assert_eq!(look(&quota(16)), None);
        assert_eq!(look(&Quota { folders: vec!["/no/such/folder".into()], most_mib: 1 }), None);
    }
}
