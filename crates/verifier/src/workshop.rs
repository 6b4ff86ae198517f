//! One target's folders: the mirror, the source folder, the warm folders, and a scratch folder per build.

use crate::checkout::{self, CheckoutError};
use crate::gates::scope::Change;
use crate::jobs::SOURCE_LAYER;
use crate::mirror::{Mirror, MirrorError};
use crate::sandbox::bubblewrap::{LOCKED, unlock, upper_of};
use git_remote::{Access, Remote};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::{Mutex, OwnedMutexGuard};
use wire::target::Target;
use wire::{Digest, TreeId};

/// One target's folders.
#[derive(Debug)]
pub struct Workshop {
    /// The target.
    pub target: Target,
    /// How its artefacts are made: the same tree made otherwise is another artefact.
    pub recipe: Digest,
    /// One build at a time: the source and warm folders are shared.
    turns: Arc<Mutex<()>>,
    /// One fetch at a time: the mirror's references are shared.
    fetching: Arc<std::sync::Mutex<()>>,
    access: Access,
    root: PathBuf,
}

impl Workshop {
    /// Opens a target's folders; removes what an earlier life left half-done.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn open(work: &Path, target: Target, access: Access) -> io::Result<Self> {
        let root = std::path::absolute(work)?.join(target.name.as_str());
        let recipe = serde_json::json!({ "name": target.name, "build": target.build, "sandbox": target.sandbox });
        let recipe = Digest::of_json(&recipe);
        let workshop = Self { target, recipe, turns: Arc::default(), fetching: Arc::default(), access, root };
        let scratches = workshop.scratches();
        for left in fs::read_dir(&scratches).into_iter().flatten().flatten() {
            sweep(&left.path());
        }
        fs::create_dir_all(&scratches)?;
        for warm in &workshop.target.build.warm {
            fs::create_dir_all(workshop.warm(warm))?;
        }
        Ok(workshop)
    }

    fn scratches(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// The source folder.
    pub fn source(&self) -> PathBuf {
        self.root.join("source")
    }

    /// A warm folder.
    pub fn warm(&self, name: &str) -> PathBuf {
        self.root.join("warm").join(name)
    }

    /// Names the tree and recipe that the warm folders were last made of.
    pub fn warm_mark(&self) -> PathBuf {
        self.root.join("warm.tree")
    }

    /// The mirror.
    ///
    /// # Errors
    /// When it cannot be opened, or its remote not be used.
    pub fn mirror(&self) -> Result<Mirror, MirrorError> {
        let remote = Remote::new(&self.target.repository, &self.access)?;
        Mirror::open(&self.root.join("mirror.git"), remote, Arc::clone(&self.fetching))
    }

    /// The turn to use the source and warm folders.
    pub async fn turn(&self) -> Turn {
        Turn(Arc::clone(&self.turns).lock_owned().await)
    }

    /// Brings the source folder to a tree and answers a scratch folder in which a candidate's files lie above it. The turn
    /// goes in and comes out: when the caller no longer waits, the next one must not begin before this has ended.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn lay_out(&self, turn: Turn, tree: &TreeId, changes: &[Change]) -> Result<(Turn, Scratch), CheckoutError> {
        let failed = |path: &str| {
            let path = path.to_owned();
            move |source| CheckoutError::File { path, source }
        };
        checkout::bring(&self.mirror()?, tree, &self.source(), &self.root.join("source.tree"))?;
        let scratch = Scratch::new(&self.scratches()).map_err(failed("the scratch folder"))?;
        let files =
            changes.iter().filter_map(|change| Some((change.path.clone(), change.new.clone()?, change.executable())));
        let layer = upper_of(scratch.path(), SOURCE_LAYER);
        checkout::lay_above(&layer, &files.collect::<Vec<_>>()).map_err(failed("the candidate's files"))?;
        Ok((turn, scratch))
    }

    /// An empty scratch folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn scratch(&self) -> io::Result<Scratch> {
        Scratch::new(&self.scratches())
    }
}

/// The right to use a workshop's source and warm folders.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "it is held, not read")] OwnedMutexGuard<()>);

/// A scratch folder; removed in the background when it is dropped, since nobody waits for that.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    fn new(below: &Path) -> io::Result<Self> {
        Ok(Self(TempDir::with_prefix_in("s", below)?.keep()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.0);
        std::thread::spawn(move || sweep(&path));
    }
}

/// Removes a scratch folder, also one of a job that was killed with an earlier life.
fn sweep(path: &Path) {
    for layer in fs::read_dir(path.join("layers")).into_iter().flatten().flatten() {
        unlock(&layer.path().join("work").join(LOCKED));
    }
    if let Err(error) = fs::remove_dir_all(path) {
        tracing::debug!(path = %path.display(), %error, "a scratch folder stays until the next start");
    }
}

#[cfg(test)]
mod tests;
