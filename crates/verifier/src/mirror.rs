//! A bare mirror of a target's repository: the only place with git. It is never pushed from. Blocking: call it where blocking is allowed.

use crate::gates::scope::{Change, Kind};
use git_remote::{Remote, RemoteError};
use git2::{Delta, Diff, DiffOptions, ErrorClass, FileMode, ObjectType, Oid, Repository};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use wire::{CommitId, TreeId};

/// Why something cannot be had of a repository.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The remote does not have it.
    #[error("the commit {0} is not in the target's repository")]
    UnknownCommit(CommitId),
    /// The remote cannot be read.
    #[error("the target's repository cannot be read")]
    Remote(#[from] RemoteError),
    /// The branch is not there.
    #[error("the target's repository has no branch {0}")]
    NoBranch(String),
    /// The diff is not one, or not of this base.
    #[error("the diff does not apply: {0}")]
    DoesNotApply(String),
    /// The mirror itself failed.
    #[error("the mirror of the target's repository failed")]
    Failed(#[from] git2::Error),
}

/// What a diff makes of its base.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The tree of the base.
    pub base_tree: TreeId,
    /// The tree that results.
    pub tree: TreeId,
    /// What really differs between them, whatever the diff says of itself.
    pub changes: Vec<Change>,
}

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Its path.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Its content's id.
    pub blob: Oid,
}

/// What a file of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Plain,
    /// A regular file that can be executed.
    Executable,
    /// A symbolic link; its content is its target.
    Link,
}

/// The mirror, opened.
pub struct Mirror {
    repository: Repository,
    remote: Remote,
    fetching: Arc<Mutex<()>>,
}

impl std::fmt::Debug for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mirror")
    }
}

impl Mirror {
    /// Opens the mirror of a remote in a folder; makes it when it is not there. Whoever has the same folder open shares
    /// `fetching`.
    ///
    /// # Errors
    /// When the folder holds something else or cannot be written.
    pub fn open(folder: &Path, remote: Remote, fetching: Arc<Mutex<()>>) -> Result<Self, MirrorError> {
        let repository = Repository::open_bare(folder).or_else(|_| Repository::init_bare(folder))?;
        Ok(Self { repository, remote, fetching })
    }

    /// Brings the remote's branches in.
    ///
    /// # Errors
    /// When the remote cannot be read.
    pub fn fetch(&self) -> Result<(), MirrorError> {
        let _turn = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.remote.mirror(&self.repository)?)
    }

    /// The head of a branch, as of the last fetch.
    ///
    /// # Errors
    /// When there is no such branch.
    pub fn head(&self, branch: &str) -> Result<CommitId, MirrorError> {
        let id = self.repository.refname_to_id(&format!("refs/heads/{branch}"));
        let id = id.map_err(|_| MirrorError::NoBranch(branch.to_owned()))?;
        id.to_string().parse().map_err(|_| MirrorError::NoBranch(branch.to_owned()))
    }

    /// The tree of a commit; fetches when the commit is not here yet.
    ///
    /// # Errors
    /// When the remote does not have it or cannot be read.
    pub fn tree_of(&self, commit: &CommitId) -> Result<TreeId, MirrorError> {
        match self.find_tree_of(commit) {
            Err(MirrorError::UnknownCommit(_)) => {
                self.fetch()?;
                self.find_tree_of(commit)
            }
            known => known,
        }
    }

    fn find_tree_of(&self, commit: &CommitId) -> Result<TreeId, MirrorError> {
        let unknown = |_| MirrorError::UnknownCommit(commit.clone());
        let id = Oid::from_str(commit.as_str())?;
        let tree = self.repository.find_commit(id).map_err(unknown)?.tree_id();
        tree_id(tree)
    }

    /// Whether a commit is on a branch, as of the last fetch.
    ///
    /// # Errors
    /// When the history cannot be walked.
    pub fn is_on(&self, commit: &CommitId, branch: &str) -> Result<bool, MirrorError> {
        let (head, commit) = (Oid::from_str(self.head(branch)?.as_str())?, Oid::from_str(commit.as_str())?);
        Ok(head == commit || self.repository.graph_descendant_of(head, commit)?)
    }

    /// Applies a diff to a commit's tree in the object database; no file is touched.
    ///
    /// # Errors
    /// When the base is unknown or the diff does not apply.
    pub fn candidate(&self, base: &CommitId, diff: &str) -> Result<Candidate, MirrorError> {
        let base_tree = self.tree_of(base)?;
        let old = self.repository.find_tree(Oid::from_str(base_tree.as_str())?)?;
        let does_not_apply = |error: git2::Error| MirrorError::DoesNotApply(error.message().to_owned());
        let parsed = Diff::from_buffer(diff.as_bytes()).map_err(does_not_apply)?;
        let mut index = self.repository.apply_to_tree(&old, &parsed, None).map_err(does_not_apply)?;
        let written = index.write_tree_to(&self.repository).map_err(|error| match error.class() {
            ErrorClass::Os | ErrorClass::Odb | ErrorClass::NoMemory => MirrorError::Failed(error),
            _ => does_not_apply(error),
        })?;
        let new = self.repository.find_tree(written)?;
        let mut options = DiffOptions::new();
        options.include_typechange(true).ignore_submodules(false).context_lines(0);
        let difference = self.repository.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))?;
        let changes = difference.deltas().map(|delta| self.change(&delta)).collect();
        Ok(Candidate { base_tree, tree: tree_id(written)?, changes })
    }

    /// The diff that gives some files of a commit other texts.
    ///
    /// # Errors
    /// When the base is unknown or the object database fails.
    pub fn diff_to(&self, base: &CommitId, files: &[(String, String, bool)]) -> Result<String, MirrorError> {
        let old = self.repository.find_tree(Oid::from_str(self.tree_of(base)?.as_str())?)?;
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (path, text, executable) in files {
            let mode = if *executable { FileMode::BlobExecutable } else { FileMode::Blob };
            update.upsert(path, self.repository.blob(text.as_bytes())?, mode);
        }
        let new = self.repository.find_tree(update.create_updated(&self.repository, &old)?)?;
        let mut text = Vec::new();
        let difference = self.repository.diff_tree_to_tree(Some(&old), Some(&new), None)?;
        difference.print(git2::DiffFormat::Patch, |_, _, line| {
            if matches!(line.origin(), '+' | '-' | ' ') {
                text.push(line.origin() as u8);
            }
            text.extend_from_slice(line.content());
            true
        })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn change(&self, delta: &git2::DiffDelta<'_>) -> Change {
        let path = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes()).unwrap_or_default();
        let kind = match delta.status() {
            Delta::Modified => Kind::Modified,
            Delta::Added | Delta::Copied => Kind::Added,
            Delta::Deleted => Kind::Deleted,
            Delta::Renamed => Kind::Renamed,
            _ => Kind::Other,
        };
        let mode = |mode: FileMode| u32::from(mode);
        Change {
            path: String::from_utf8_lossy(path).into_owned(),
            kind,
            old_mode: mode(delta.old_file().mode()),
            new_mode: mode(delta.new_file().mode()),
            old: self.text(delta.old_file().id()),
            new: self.text(delta.new_file().id()),
        }
    }

    /// A file's text; none when it is not there or not text.
    fn text(&self, blob: Oid) -> Option<String> {
        let blob = self.repository.find_blob(blob).ok()?;
        if blob.is_binary() {
            return None;
        }
        String::from_utf8(blob.content().to_vec()).ok()
    }

    /// Every file of a tree.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn files(&self, tree: &TreeId) -> Result<Vec<TreeFile>, MirrorError> {
        let tree = self.repository.find_tree(Oid::from_str(tree.as_str())?)?;
        let mut files = Vec::new();
        tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            let kind = match entry.filemode() {
                0o100_755 => FileKind::Executable,
                0o120_000 => FileKind::Link,
                _ => FileKind::Plain,
            };
            if let (Some(ObjectType::Blob), Ok(name)) = (entry.kind(), entry.name()) {
                files.push(TreeFile { path: format!("{folder}{name}"), kind, blob: entry.id() });
            }
            git2::TreeWalkResult::Ok
        })?;
        Ok(files)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn content(&self, blob: Oid) -> Result<Vec<u8>, MirrorError> {
        Ok(self.repository.find_blob(blob)?.content().to_vec())
    }
}

/// Whether bytes are the content of a blob.
pub(crate) fn is_content(bytes: &[u8], blob: Oid) -> bool {
    Oid::hash_object(ObjectType::Blob, bytes).is_ok_and(|id| id == blob)
}

fn tree_id(id: Oid) -> Result<TreeId, MirrorError> {
    id.to_string().parse().map_err(|_| MirrorError::Failed(git2::Error::from_str("a tree id of another form")))
}
