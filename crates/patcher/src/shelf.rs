//! The working repositories: blocking work on one at a time per target, each within a limit.

use crate::failure::Failure;
use crate::repository::Work;
use git_remote::Access;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use wire::TargetName;
use wire::target::{Catalogue, Target};

/// See the module.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    access: Access,
    limit: Duration,
    turns: HashMap<TargetName, Arc<Mutex<()>>>,
}

impl Shelf {
    pub(crate) fn new(folder: PathBuf, access: Access, limit: Duration, catalogue: &Catalogue) -> Self {
        let turns = catalogue.keys().map(|name| (name.clone(), Arc::default())).collect();
        Self { folder, access, limit, turns }
    }

    /// Works on a target's repository. When it takes too long the caller is told so, and the next one waits until it has
    /// ended: two must not work on it at once.
    pub(crate) async fn work<T, F>(&self, target: &Arc<Target>, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Work, &Target) -> Result<T, Failure> + Send + 'static,
    {
        let too_long = |_| Failure::TooLong(self.limit);
        let turn = self.turns.get(&target.name).map(Arc::clone).unwrap_or_default();
        let turn = tokio::time::timeout(self.limit, turn.lock_owned()).await.map_err(too_long)?;
        let (folder, access, target) = (self.folder.clone(), self.access.clone(), Arc::clone(target));
        let job = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&Work::open(&folder, &target, &access)?, &target)
        });
        match tokio::time::timeout(self.limit, job).await.map_err(too_long)? {
            Ok(outcome) => outcome,
            // A crash is not "nothing found".
            Err(_) => Err(Failure::Crashed),
        }
    }
}

#[cfg(test)]
mod tests;
