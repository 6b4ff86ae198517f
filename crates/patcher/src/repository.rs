//! The one place that touches git: a bare working repository per target, a cache of the remote's objects.

mod error;
mod history;
mod remote;
mod tree;

pub(crate) use error::RepositoryError;
pub(crate) use history::{Author, Past};
pub(crate) use remote::Swap;
pub(crate) use tree::{Changed, Entry, File};

use error::At;
use git2::{Direction, FetchOptions, Oid, Repository, RepositoryInitOptions};
use remote::FileRemote;
use std::path::Path;
use wire::target::Target;
use wire::{CommitId, TreeId};

/// Remembers the last head that was fetched, so that the next fetch brings only what is new. A hint: were it wrong or its
/// lock left over from a crash, more would be fetched.
const SEEN: &str = "refs/kintsugi/seen";

/// A branch's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
}

/// A target's working repository, opened for one piece of work.
pub(crate) struct Work {
    repository: Repository,
    remote: FileRemote,
}

impl Work {
    /// Opens it below a folder; makes it when it is not there.
    pub(crate) fn open(folder: &Path, target: &Target) -> Result<Self, RepositoryError> {
        let remote = FileRemote::new(&target.repository)?;
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
        let mut remote = self.repository.remote_anonymous(self.remote.url()).at("name the remote")?;
        let branch = self.remote.reference();
        // The seam for https and ssh: `connect_auth` with callbacks that answer with a credential from the environment,
        // counted and for this host only. A file remote asks for none.
        remote.connect(Direction::Fetch).at("reach the remote")?;
        let heads = remote.list().at("list the remote's branches")?;
        let tip = heads.iter().find(|head| head.name() == branch).map(git2::RemoteHead::oid);
        let tip = tip.ok_or_else(|| RepositoryError::NoBranch(branch.to_owned()))?;
        if !self.repository.odb().at("open the object database")?.exists(tip) {
            remote.download(&[branch], Some(&mut FetchOptions::new())).at("fetch the branch")?;
        }
        remote.disconnect().at("leave the remote")?;
        let _hint = self.repository.reference(SEEN, tip, true, "");
        let tree = self.repository.find_commit(tip).at("read the head")?.tree_id();
        Ok(Head { commit: commit_id(tip)?, tree: tree_id(tree)? })
    }

    /// Moves the remote branch from one commit to another, and only from that one.
    pub(crate) fn publish(&self, from: &CommitId, to: &CommitId) -> Result<Swap, RepositoryError> {
        self.remote.swap(&self.repository, oid(from.as_str())?, oid(to.as_str())?)
    }
}

/// Whether a remote can be used at all, before anything is asked of it.
pub(crate) fn check_remote(remote: &wire::target::Repository) -> Result<(), RepositoryError> {
    FileRemote::new(remote).map(|_| ())
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
