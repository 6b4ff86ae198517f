//! What was built and what was judged, in a folder that `deployer` reads: `<digest>/` per artefact, `trees/` from a tree
//! to its artefact, `verdicts/`. Everything appears whole, by a rename, or not at all.

mod content;

use content::{manifest_of, stands};
use serde::{Deserialize, Serialize};
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wire::artefact::{MANIFEST, Manifest};
use wire::verification::Verdict;
use wire::{Digest, TreeId};

/// Why an artefact or a verdict cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is no artefact.
    #[error("{0}")]
    Refused(String),
    /// The folder failed.
    #[error("cannot use {path} of the artefact store")]
    Failed {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A verdict that was kept has another form.
    #[error("the kept verdict {path} is damaged")]
    Damaged {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// A verdict as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptVerdict {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The digest of all that was asked: the task and the target as it was then.
    pub asked: Digest,
}

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens the store; removes what an earlier life left half-made.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let root = std::path::absolute(root).map_err(failed(root))?;
        for folder in [root.join("trees"), root.join("verdicts")] {
            fs::create_dir_all(&folder).map_err(failed(&folder))?;
        }
        for entry in fs::read_dir(&root).map_err(failed(&root))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(".incoming-") {
                let _left_for_the_next_start = fs::remove_dir_all(entry.path());
            }
        }
        Ok(Self { root })
    }

    /// A folder into which outputs are collected.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn incoming(&self) -> Result<TempDir, StoreError> {
        TempDir::with_prefix_in(".incoming-", &self.root).map_err(failed(&self.root))
    }

    /// The folder of an artefact.
    pub fn folder(&self, artefact: &Digest) -> PathBuf {
        self.root.join(artefact.as_str())
    }

    /// Keeps what was collected as the artefact of a tree, made by a recipe.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it holds something else than files and folders, nothing, or too much.
    pub fn keep(&self, incoming: TempDir, tree: &TreeId, recipe: &Digest) -> Result<Digest, StoreError> {
        let from = incoming.path();
        let manifest = manifest_of(from)?;
        let digest = manifest.digest();
        for file in &manifest.files {
            let mode = if file.executable { 0o555 } else { 0o444 };
            let path = from.join(&file.path);
            fs::set_permissions(&path, Permissions::from_mode(mode)).map_err(failed(&path))?;
        }
        write_whole(&from.join(MANIFEST), &as_json(&manifest))?;
        fs::set_permissions(from, Permissions::from_mode(0o755)).map_err(failed(from))?;
        let folder = self.folder(&digest);
        if !self.is_whole(&digest) {
            self.put_aside(&folder);
            fs::rename(from, &folder).map_err(failed(&folder))?;
            // Its place is taken over: there is nothing left to remove.
            let _moved = incoming.keep();
        }
        write_whole(&self.tree(tree, recipe), digest.as_str().as_bytes())?;
        Ok(digest)
    }

    /// A damaged artefact may still be run by somebody: it is removed at the next start.
    fn put_aside(&self, folder: &Path) {
        if let Ok(aside) = self.incoming() {
            let _not_there = fs::rename(folder, aside.keep().join("damaged"));
        }
    }

    /// The artefact of a tree, if it was made by this recipe and is still what it was.
    pub fn find(&self, tree: &TreeId, recipe: &Digest) -> Option<Digest> {
        let text = fs::read_to_string(self.tree(tree, recipe)).ok()?;
        Digest::try_from(text).ok().filter(|digest| self.is_whole(digest))
    }

    /// The same tree built by another recipe is another artefact.
    fn tree(&self, tree: &TreeId, recipe: &Digest) -> PathBuf {
        let recipe: String = recipe.as_str().chars().take(16).collect();
        self.root.join("trees").join(format!("{tree}-{recipe}"))
    }

    /// Whether an artefact is there and its files still are what they were. What an instance wrote beside them is not
    /// looked at.
    pub fn is_whole(&self, digest: &Digest) -> bool {
        let folder = self.folder(digest);
        let manifest = fs::read(folder.join(MANIFEST)).ok();
        let manifest: Option<Manifest> = manifest.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        manifest.is_some_and(|manifest| {
            manifest.digest() == *digest && manifest.files.iter().all(|file| stands(&folder, file).unwrap_or(false))
        })
    }

    fn verdict_file(&self, proposal: &Digest) -> PathBuf {
        self.root.join("verdicts").join(format!("{proposal}.json"))
    }

    /// Keeps a verdict.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_verdict(&self, kept: &KeptVerdict) -> Result<(), StoreError> {
        let path = self.verdict_file(&kept.verdict.proposal);
        write_whole(&path, &as_json(kept))
    }

    /// The verdict on a proposal.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn verdict(&self, proposal: &Digest) -> Result<Option<KeptVerdict>, StoreError> {
        let path = self.verdict_file(proposal);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Failed { path, source }),
            // A power cut can leave an empty file under the right name.
            Ok(bytes) if bytes.is_empty() => Ok(None),
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).map_err(|source| StoreError::Damaged { path, source })
            }
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Failed { path, source }
}

fn as_json(value: &impl Serialize) -> Vec<u8> {
    // Our own types of texts, numbers and lists always have a JSON form.
    serde_json::to_vec(value).unwrap_or_default()
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(Permissions::from_mode(0o644))?;
        file.persist(path).map_err(|error| error.error)
    };
    write().map(|_| ()).map_err(failed(path))
}

#[cfg(test)]
mod tests;
