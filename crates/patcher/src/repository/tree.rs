//! Trees: read files of one, write a changed one, tell two apart. Nothing is ever checked out.

use super::error::{At, RepositoryError};
use super::{Work, oid, tree_id};
use crate::judge::Touched;
use git2::build::TreeUpdateBuilder;
use git2::{Delta, Diff, DiffOptions, FileMode, ObjectType, Oid, Patch, Tree, TreeEntry, TreeWalkMode, TreeWalkResult};
use std::path::Path;
use wire::{CommitId, TreeId};

const REGULAR: i32 = 0o100_644;
const EXECUTABLE: i32 = 0o100_755;

/// A file's content, by what git calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blob(Oid);

/// What stands at a path of a tree.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Missing,
    /// A symlink, a folder, a submodule.
    NotRegular,
    File(File),
}

/// A regular file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    pub(crate) blob: Blob,
    pub(crate) executable: bool,
}

#[cfg(test)]
impl File {
    /// For tests of what does not look into it.
    pub(crate) fn example() -> Self {
        Self { blob: Blob(Oid::ZERO_SHA1), executable: false }
    }
}

/// A file between two trees, with its content before and after.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) touched: Touched,
    pub(crate) before: Blob,
    pub(crate) after: Blob,
}

impl Work {
    /// What stands at a path.
    pub(crate) fn entry(&self, tree: &TreeId, path: &str) -> Result<Entry, RepositoryError> {
        let tree = self.tree(tree)?;
        let Ok(entry) = tree.get_path(Path::new(path)) else { return Ok(Entry::Missing) };
        let mode = entry.filemode();
        let regular = entry.kind() == Some(ObjectType::Blob) && matches!(mode, REGULAR | EXECUTABLE);
        let file = File { blob: Blob(entry.id()), executable: mode == EXECUTABLE };
        Ok(if regular { Entry::File(file) } else { Entry::NotRegular })
    }

    /// A content's size, bytes.
    pub(crate) fn size(&self, blob: Blob) -> Result<usize, RepositoryError> {
        let (size, _) = self.repository.odb().and_then(|odb| odb.read_header(blob.0)).at("read a file")?;
        Ok(size)
    }

    /// A content.
    pub(crate) fn read(&self, blob: Blob) -> Result<Vec<u8>, RepositoryError> {
        Ok(self.repository.find_blob(blob.0).at("read a file")?.content().to_vec())
    }

    /// The tree of a commit.
    pub(crate) fn tree_of(&self, commit: &CommitId) -> Result<TreeId, RepositoryError> {
        let commit = self.repository.find_commit(oid(commit.as_str())?).at("read a commit")?;
        tree_id(commit.tree_id())
    }

    /// The texts of a tree's files with an ending, so many of at most so many bytes, in the order of their paths.
    pub(crate) fn texts(
        &self,
        tree: &TreeId,
        ending: &str,
        (most, size): (usize, usize),
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, RepositoryError> {
        let mut texts = Vec::new();
        let mut take = |root: &str, entry: &TreeEntry<'_>| -> Option<()> {
            let path = format!("{root}{}", entry.name().ok()?);
            let is_one = path.rsplit_once('.').is_some_and(|(_, own)| own == ending) && wanted(&path);
            let blob = self.repository.find_blob(entry.id()).ok().filter(|blob| is_one && blob.size() <= size)?;
            texts.push(String::from_utf8(blob.content().to_vec()).ok()?);
            (texts.len() >= most).then_some(())
        };
        let end = self.tree(tree)?.walk(TreeWalkMode::PreOrder, |root, entry| match take(root, entry) {
            Some(()) => TreeWalkResult::Abort,
            None => TreeWalkResult::Ok,
        });
        // It is told as an error that there were enough.
        if texts.len() < most {
            end.at("list the files")?;
        }
        Ok(texts)
    }

    /// Writes a content.
    pub(crate) fn blob(&self, bytes: &[u8]) -> Result<Blob, RepositoryError> {
        self.repository.blob(bytes).map(Blob).at("write a file")
    }

    /// Writes a tree that differs in these files.
    pub(crate) fn with(&self, tree: &TreeId, files: &[(&str, File)]) -> Result<TreeId, RepositoryError> {
        if files.is_empty() {
            return Ok(tree.clone());
        }
        let mut update = TreeUpdateBuilder::new();
        for (path, file) in files {
            let mode = if file.executable { FileMode::BlobExecutable } else { FileMode::Blob };
            update.upsert(*path, file.blob.0, mode);
        }
        tree_id(update.create_updated(&self.repository, &self.tree(tree)?).at("write the tree")?)
    }

    /// The git-style diff between two trees, the same on every machine whatever its settings.
    pub(crate) fn diff(&self, from: &TreeId, to: &TreeId) -> Result<String, RepositoryError> {
        let mut options = DiffOptions::new();
        options.context_lines(3).interhunk_lines(0).id_abbrev(40).old_prefix("a").new_prefix("b");
        let (from, to) = (self.tree(from)?, self.tree(to)?);
        let diff = self.repository.diff_tree_to_tree(Some(&from), Some(&to), Some(&mut options)).at("make the diff")?;
        let mut text = String::new();
        for index in 0..diff.deltas().len() {
            if let Some(mut patch) = Patch::from_diff(&diff, index).at("make the diff")? {
                text.push_str(patch.to_buf().at("make the diff")?.as_str().at("make the diff a text")?);
            }
        }
        Ok(text)
    }

    /// Every file that differs between two trees.
    pub(crate) fn changed(&self, from: &TreeId, to: &TreeId) -> Result<Vec<Changed>, RepositoryError> {
        let (from, to) = (self.tree(from)?, self.tree(to)?);
        let mut options = DiffOptions::new();
        options.include_typechange(true).ignore_submodules(false);
        let diff = self.repository.diff_tree_to_tree(Some(&from), Some(&to), Some(&mut options)).at("compare trees")?;
        let changed = diff.deltas().map(|delta| {
            let (old, new) = (delta.old_file(), delta.new_file());
            let path = new.path().or_else(|| old.path()).map(|path| path.to_string_lossy().into_owned());
            let modes = (u32::from(old.mode()), u32::from(new.mode()));
            let regular = modes.0 == modes.1 && matches!(old.mode(), FileMode::Blob | FileMode::BlobExecutable);
            let edited = delta.status() == Delta::Modified && regular && old.path() == new.path();
            let touched = Touched { path: path.unwrap_or_default(), edited };
            Changed { touched, before: Blob(old.id()), after: Blob(new.id()) }
        });
        Ok(changed.collect())
    }

    /// The tree that results when a diff is applied; none when it does not apply.
    pub(crate) fn apply(&self, tree: &TreeId, diff: &str) -> Result<Option<TreeId>, RepositoryError> {
        let base = self.tree(tree)?;
        let applied = Diff::from_buffer(diff.as_bytes())
            .and_then(|diff| self.repository.apply_to_tree(&base, &diff, None))
            .and_then(|mut index| index.write_tree_to(&self.repository));
        applied.ok().map(tree_id).transpose()
    }

    fn tree(&self, tree: &TreeId) -> Result<Tree<'_>, RepositoryError> {
        self.repository.find_tree(oid(tree.as_str())?).at("read a tree")
    }
}
