//! What a target's follower and reporter share with whoever asks: the ledger and the present troubles.

use crate::errors::Errors;
use crate::ledger::Ledger;
use crate::place::FileKey;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wire::source::{FollowedFile, Source};
use wire::{FaultCode, TargetName};

/// What may not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Folder,
    Watch,
    File,
    Store,
    State,
    Spool,
    Errors,
}

/// A target's shared state.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) target: TargetName,
    pub(crate) folder: PathBuf,
    ledger: Mutex<Ledger>,
    troubles: Mutex<BTreeMap<Part, String>>,
    /// What waits of pushed lines, bytes.
    pub(crate) spooled: AtomicU64,
    /// The target's errors, where they are watched.
    pub(crate) errors: Option<Errors>,
}

impl Desk {
    pub(crate) fn new(target: TargetName, folder: PathBuf, ledger: Ledger, errors: Option<Errors>) -> Self {
        let (ledger, troubles) = (Mutex::new(ledger), Mutex::default());
        Self { target, folder, ledger, troubles, spooled: AtomicU64::new(0), errors }
    }

    /// What was noticed has reached its end (`told`), or nobody took it.
    pub(crate) fn settle<'c>(&self, codes: impl Iterator<Item = &'c FaultCode>, told: bool) {
        if let Some(errors) = &self.errors {
            self.errors_kept(errors.settle(codes, told));
        }
    }

    /// Writes what was learned of errors.
    pub(crate) fn keep_errors(&self) {
        if let Some(errors) = &self.errors {
            self.errors_kept(errors.keep());
        }
    }

    fn errors_kept(&self, kept: io::Result<()>) {
        match kept {
            Ok(()) => self.works(Part::Errors),
            Err(error) => self.trouble(Part::Errors, format!("cannot keep what is known of errors: {error}")),
        }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a trouble and logs it once, as long as it stays the same.
    pub(crate) fn trouble(&self, part: Part, what: String) {
        let mut troubles = self.troubles();
        if troubles.get(&part) != Some(&what) {
            tracing::error!(target_name = %self.target, ?part, what, "does not work");
            troubles.insert(part, what);
        }
    }

    /// A part works.
    pub(crate) fn works(&self, part: Part) {
        if self.troubles().remove(&part).is_some() {
            tracing::info!(target_name = %self.target, ?part, "works again");
        }
    }

    fn troubles(&self) -> MutexGuard<'_, BTreeMap<Part, String>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The whole as a caller sees it. Asks the file system for sizes.
    pub(crate) fn source(&self) -> Source {
        let places: Vec<_> = self
            .ledger()
            .places
            .iter()
            .map(|(key, p)| (*key, p.name.clone(), p.stream.resumed().cursor.offset))
            .collect();
        let files = places.into_iter().map(|(key, name, offset)| {
            let size = std::fs::symlink_metadata(self.folder.join(&name))
                .ok()
                .filter(|metadata| FileKey::of(metadata) == key)
                .map(|metadata| metadata.len());
            FollowedFile { name, offset, size, lag: size.map(|size| size.saturating_sub(offset)) }
        });
        Source {
            target: self.target.clone(),
            folder: self.folder.display().to_string(),
            files: files.collect(),
            troubles: self.troubles().values().cloned().collect(),
            spooled: self.spooled.load(Ordering::Relaxed),
        }
    }
}
