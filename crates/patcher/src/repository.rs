//! The one place that touches git: a bare working repository per target, a cache of the remote's objects.

mod error;
mod history;
mod tree;

pub(crate) use error::RepositoryError;
pub(crate) use git_remote::Swap;
pub(crate) use history::{Author, Past};
pub(crate) use tree::{Changed, Entry, File};

use error::At;
use git_remote::{Access, Remote};
use git2::{Oid, Repository, RepositoryInitOptions};
use std::path::Path;
use wire::target::Target;
use wire::{CommitId, TreeId};

/// A branch's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
}

/// A target's working repository, opened for one piece of work.
pub(crate) struct Work {
    repository: Repository,
    remote: Remote,
}

impl Work {
    /// Opens it below a folder; makes it when it is not there.
    pub(crate) fn open(folder: &Path, target: &Target, access: &Access) -> Result<Self, RepositoryError> {
        let remote = Remote::new(&target.repository, access)?;
        let path = folder.join(format!("{}.git", target.name));
        let repository = match Repository::open_bare(&path) {
            Ok(repository) => repository,
            Err(_) => {
                let mut options = RepositoryInitOptions::new();
                options.bare(true).mkpath(true).external_template(false);
                Repository::init_opts(&path, &options).at("make the working repository")?
            }
        };
        Ok(Self { repository, remote })
    }

    /// The remote branch's head, with everything that is needed to work on it.
    pub(crate) fn fetch(&self) -> Result<Head, RepositoryError> {
        let tip = self.remote.fetch(&self.repository)?;
        let tree = self.repository.find_commit(tip).at("read the head")?.tree_id();
        Ok(Head { commit: commit_id(tip)?, tree: tree_id(tree)? })
    }

    /// Moves the remote branch from one commit to another, and only from that one.
    pub(crate) fn publish(&self, from: &CommitId, to: &CommitId) -> Result<Swap, RepositoryError> {
        Ok(self.remote.publish(&self.repository, oid(from.as_str())?, oid(to.as_str())?)?)
    }
}

fn oid(text: &str) -> Result<Oid, RepositoryError> {
    Oid::from_str(text).at("read an object's id")
}

fn commit_id(id: Oid) -> Result<CommitId, RepositoryError> {
    id.to_string().parse().map_err(|_| RepositoryError::Form("a commit's id"))
}

fn tree_id(id: Oid) -> Result<TreeId, RepositoryError> {
    id.to_string().parse().map_err(|_| RepositoryError::Form("a tree's id"))
}

#[cfg(test)]
mod tests;
