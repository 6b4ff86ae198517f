//! What was built and what was judged, in a folder that `deployer` reads: `<digest>/` per artefact, `trees/` from a tree
//! to its artefact, `verdicts/`. Everything appears whole, by a rename, or not at all.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wire::artefact::{ArtefactFile, MANIFEST, Manifest};
use wire::verification::Verdict;
use wire::{Digest, TreeId};

/// How many files an artefact may have.
const MAX_FILES: usize = 10_000;
/// How many bytes it may have.
const MAX_BYTES: u64 = 2 << 30;

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
            let _not_there = fs::remove_dir_all(&folder);
            fs::rename(from, &folder).map_err(failed(&folder))?;
            // Its place is taken over: there is nothing left to remove.
            let _moved = incoming.keep();
        }
        write_whole(&self.tree(tree, recipe), digest.as_str().as_bytes())?;
        Ok(digest)
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

    /// Whether an artefact is there and still what it was.
    pub fn is_whole(&self, digest: &Digest) -> bool {
        manifest_of(&self.folder(digest)).is_ok_and(|manifest| manifest.digest() == *digest)
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

/// The manifest of what lies in a folder. Links are not followed but refused.
fn manifest_of(folder: &Path) -> Result<Manifest, StoreError> {
    let mut manifest = Manifest::default();
    let (mut bytes, mut folders) = (0, vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(failed(&next))? {
            let path = entry.map_err(failed(&next))?.path();
            let about = fs::symlink_metadata(&path).map_err(failed(&path))?;
            let name = path.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
            let name = name.ok_or_else(|| StoreError::Refused("an output's name is not a text".into()))?;
            if about.is_dir() {
                folders.push(path);
            } else if !about.is_file() {
                return Err(StoreError::Refused(format!("the output {name} is a link or a special file")));
            } else if name != MANIFEST {
                bytes += about.len();
                let executable = about.permissions().mode() & 0o111 != 0;
                let sha256 = digest_of(&path).map_err(failed(&path))?;
                manifest.files.push(ArtefactFile { path: name, executable, size: about.len(), sha256 });
            }
            if manifest.files.len() + folders.len() > MAX_FILES || bytes > MAX_BYTES {
                return Err(StoreError::Refused("the outputs are too many or too large".into()));
            }
        }
    }
    if manifest.files.is_empty() {
        return Err(StoreError::Refused("there are no outputs".into()));
    }
    Ok(manifest)
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = sha2::Sha256::new();
    let mut chunk = vec![0; 256 << 10];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => hasher.update(chunk.get(..count).unwrap_or_default()),
        }
    }
    Digest::try_from(hex::encode(hasher.finalize())).map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
