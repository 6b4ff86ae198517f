//! Mode 5: a disk is full.

mod hogs;
mod logs;
mod seen;
mod store;

use crate::error::ActError;
use crate::playbook::Playbook;
use chassis::clock::SharedClock;
use logs::Logs;
use seen::{Secondary, Seen, Write};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Store;
use wire::runtime::{Action, Invariant, Remedy, Undo};
use wire::target::Disk;

/// An action begins no further file after this; what is left is found by the next look.
const BUDGET: Duration = Duration::from_secs(10);
/// What it weighs when nothing can be written at all; the room that is missing weighs 1 to 100, by the percent.
const CANNOT_WRITE: u32 = 200;

/// Heals a full disk: old logs are compressed, snapshots move to the secondary store, what is disposable is deleted.
#[derive(Clone)]
pub struct DiskPlaybook {
    disk: Disk,
    clock: SharedClock,
    /// Held by whoever looks: a store on a network may keep a look for ever, and one thread is enough to wait for it.
    looking: Arc<Mutex<()>>,
}

impl DiskPlaybook {
    /// For a disk of the inventory. The clock tells how old a log is.
    pub fn new(disk: Disk, clock: SharedClock) -> Self {
        Self { disk, clock, looking: Arc::default() }
    }

    /// Looks; it may wait for a disk.
    fn see(&self) -> Seen {
        let free = free(Path::new(&self.disk.path));
        let write = write(Path::new(&self.disk.path));
        let ill = write != Write::Written || free.as_ref().is_ok_and(|free| self.lacks(*free) > 0);
        let (logs, store) = (self.logs().filter(|_| ill), self.store());
        let candidates = logs.map(|logs| (logs.candidates(), logs)).filter(|(found, _)| !found.is_empty());
        let temporary = self.disk.temporary.as_ref().filter(|_| ill);
        Seen {
            free,
            write,
            shortest: candidates.iter().flat_map(|(found, _)| found).map(|log| log.bytes).min().unwrap_or(0),
            logs: candidates.map(|(found, logs)| logs.batch(&found)),
            surplus: store.as_ref().filter(|_| ill).and_then(Store::surplus_batch),
            away: store.as_ref().map_or(0, Store::away),
            disposable: temporary.is_some_and(|folder| store::has_files(Path::new(folder))),
            secondary: self.secondary(),
            hogs: if ill { hogs::largest(Path::new(&self.disk.path)) } else { Vec::new() },
        }
    }

    fn logs(&self) -> Option<Logs> {
        let folder = PathBuf::from(self.disk.logs.as_ref()?);
        let age = chrono::TimeDelta::days(i64::from(self.disk.log_days));
        Some(Logs { folder, before: (self.clock.now() - age).into(), secondary: self.secondary_folder() })
    }

    fn store(&self) -> Option<Store> {
        let snapshots = PathBuf::from(self.disk.snapshots.as_ref()?);
        Some(Store { snapshots, secondary: self.secondary_folder()?, keep: self.disk.keep })
    }

    /// The secondary store, where it is good for anything.
    fn secondary_folder(&self) -> Option<PathBuf> {
        let good = self.secondary() == Secondary::Good;
        self.disk.secondary.as_ref().filter(|_| good).map(PathBuf::from)
    }

    fn secondary(&self) -> Secondary {
        let Some(secondary) = &self.disk.secondary else { return Secondary::None };
        let device = |path: &str| std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir).map(|it| it.dev());
        match (device(&self.disk.path), device(secondary)) {
            (_, None) => Secondary::NotThere,
            (here, there) if here == there => Secondary::Same,
            _ => Secondary::Good,
        }
    }

    fn lacks(&self, free: u64) -> u64 {
        self.disk.min_free_bytes.saturating_sub(free)
    }

    fn remedy_logs(&self, seen: &Seen) -> Option<Remedy> {
        let batch = seen.logs.clone()?;
        // Compressed beside the original, it needs room of its own; a full disk has some only elsewhere, or after the next remedy.
        let room = seen.secondary == Secondary::Good || seen.free.as_ref().is_ok_and(|free| *free >= seen.shortest);
        let title = format!("Compress logs older than {} days", self.disk.log_days);
        let undo = Undo::by(Action::Expand { batch: batch.clone() });
        room.then(|| Remedy::repair(title, Action::Compress { batch }, undo))
    }

    fn remedy_snapshots(&self, seen: &Seen) -> Option<Remedy> {
        let batch = seen.surplus.clone().filter(|_| seen.secondary == Secondary::Good)?;
        let title = format!("Move all but the newest {} snapshots to the secondary store", self.disk.keep);
        let undo = Undo::by(Action::BringBack { batch: batch.clone() });
        Some(Remedy::relief(title, Action::MoveAway { batch }, undo))
    }
}

impl Playbook for DiskPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let disk = self.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let _looks = disk.looking.try_lock().ok()?;
            Some(disk.see())
        });
        looked.await.ok().flatten().unwrap_or_else(Seen::nothing)
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        let (holds, weight, told) = match &seen.free {
            Ok(free) => {
                let percent = self.lacks(*free).saturating_mul(100).div_ceil(self.disk.min_free_bytes.max(1));
                (Some(percent == 0), u32::try_from(percent).unwrap_or(100).max(1), format!("{free} bytes are free"))
            }
            Err(error) => (None, 100, error.clone()),
        };
        let name = format!("{} bytes are free", self.disk.min_free_bytes);
        let (writes, seen) = match &seen.write {
            Write::Written => (Some(true), String::new()),
            Write::Failed(error) => (Some(false), error.clone()),
            Write::Unknown(error) => (None, error.clone()),
        };
        vec![
            Invariant { name: "a file can be written".into(), holds: writes, weight: CANNOT_WRITE, seen },
            Invariant { name, holds, weight, seen: told },
        ]
    }

    fn diagnose(&self, seen: &Seen) -> String {
        let free = match &seen.free {
            Ok(free) => format!("{free} bytes are free, and {} should be", self.disk.min_free_bytes),
            Err(error) => format!("nobody can tell what is free: {error}"),
        };
        let written = match &seen.write {
            Write::Written => String::new(),
            Write::Failed(error) | Write::Unknown(error) => format!("; writing a little came to: {error}"),
        };
        format!("The disk of {}: {free}{written}.", self.disk.path)
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        let reason = "the target file names these files as disposable";
        let clear = seen.disposable.then(|| {
            Remedy::repair("Delete what is disposable and not in use", Action::Clear {}, Undo::not_needed(reason))
        });
        self.remedy_logs(seen).into_iter().chain(self.remedy_snapshots(seen)).chain(clear).collect()
    }

    /// There is room for what was moved away, and for as much as should be free twice over: else it would soon be away again.
    fn is_over(&self, seen: &Seen) -> bool {
        let wanted = self.disk.min_free_bytes.saturating_mul(2).saturating_add(seen.away);
        // Without its store nothing can come back.
        let store = seen.secondary == Secondary::Good;
        store && seen.write == Write::Written && seen.free.as_ref().is_ok_and(|free| *free >= wanted)
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        let secondary = self.disk.secondary.as_deref().unwrap_or_default();
        let store = match seen.secondary {
            Secondary::None | Secondary::Good => None,
            Secondary::NotThere => Some(format!("The secondary store {secondary} is not there.")),
            Secondary::Same => {
                Some(format!("The secondary store {secondary} is on the same disk: nothing moves there."))
            }
        };
        let away = (seen.away > 0).then(|| {
            let bytes = seen.away;
            format!("{bytes} bytes of snapshots are in {secondary}; they come back when there is room for them.")
        });
        let hogs = seen.hogs.iter().map(ToString::to_string);
        store.into_iter().chain(away).chain(hogs).collect()
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        let no_store = || ActError::Refused("there is no secondary store on another disk".into());
        let no_logs = || ActError::Refused("the target file names no logs".into());
        match (action, &self.disk.temporary) {
            (Action::Compress { batch }, _) => self.logs().ok_or_else(no_logs)?.compress(batch).await,
            (Action::Expand { batch }, _) => self.logs().ok_or_else(no_logs)?.expand(batch).await,
            (Action::MoveAway { batch }, _) => self.store().ok_or_else(no_store)?.move_away(batch).await,
            (Action::BringBack { batch }, _) => self.store().ok_or_else(no_store)?.bring_back(batch).await,
            (Action::Clear {}, Some(folder)) => store::clear(Path::new(folder)).await,
            (other, _) => Err(ActError::not_offered(other)),
        }
    }
}

fn free(path: &Path) -> Result<u64, String> {
    let told = nix::sys::statvfs::statvfs(path).map_err(|error| error.to_string())?;
    Ok(told.blocks_available().saturating_mul(told.fragment_size()))
}

/// Writes a page into a file without a name: that is what fails first, also where the room is left but no file can be added.
fn write(folder: &Path) -> Write {
    let written = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&[0; 4096]));
    match written {
        Ok(()) => Write::Written,
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound) => {
            Write::Unknown(error.to_string())
        }
        Err(error) => Write::Failed(error.to_string()),
    }
}
