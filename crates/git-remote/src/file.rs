//! A bare repository on this machine as the remote, with a real compare-and-swap.
//!
//! libgit2's own push to such a remote is none: it reads the branch when it connects, and later overwrites whatever is
//! there. Two processes that push at once both succeed, and one commit is lost. So the objects are written into the remote
//! and the branch is moved under its lock file, which git itself honours too, and only if it still stands where it stood.

use crate::error::{At, RemoteError};
use crate::remote::Swap;
use git2::{AutotagOption, Direction, ErrorCode, FetchOptions, FetchPrune, Oid, Repository};
use std::io::Write;
use std::path::PathBuf;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct FileRemote {
    url: String,
    path: PathBuf,
}

impl FileRemote {
    pub(crate) fn new(url: &str, path: PathBuf) -> Self {
        Self { url: url.to_owned(), path }
    }

    /// The tip of a branch, with what is new of it.
    pub(crate) fn fetch(&self, into: &Repository, branch: &str) -> Result<Oid, RemoteError> {
        let mut remote = into.remote_anonymous(&self.url).at("name the remote")?;
        remote.connect(Direction::Fetch).or_away("reach the remote")?;
        let heads = remote.list().at("list the remote's branches")?;
        let tip = heads.iter().find(|head| head.name() == branch).map(git2::RemoteHead::oid);
        let tip = tip.ok_or_else(|| RemoteError::NoBranch(branch.to_owned()))?;
        if !into.odb().at("open the object database")?.exists(tip) {
            remote.download(&[branch], Some(&mut FetchOptions::new())).at("fetch the branch")?;
        }
        remote.disconnect().at("leave the remote")?;
        Ok(tip)
    }

    /// All branches.
    pub(crate) fn mirror(&self, into: &Repository) -> Result<(), RemoteError> {
        let mut options = FetchOptions::new();
        options.prune(FetchPrune::On).download_tags(AutotagOption::None);
        let mut remote = into.remote_anonymous(&self.url).at("name the remote")?;
        remote.fetch(&["+refs/heads/*:refs/heads/*"], Some(&mut options), None).or_away("fetch the branches")
    }

    /// Moves a branch from one commit to another whose new objects are in `from_here`.
    pub(crate) fn swap(&self, from_here: &Repository, branch: &str, from: Oid, to: Oid) -> Result<Swap, RemoteError> {
        let remote = Repository::open(&self.path).or_away("open the remote")?;
        if !remote.is_bare() {
            return Err(RemoteError::NotBare);
        }
        send(from_here, &remote, from, to)?;
        match remote.reference_matching(branch, to, true, from, "kintsugi") {
            Ok(_) => Ok(Swap::Done),
            Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::Locked) => Ok(Swap::Lost),
            Err(error) => Err(error).at("move the branch"),
        }
    }
}

/// Writes what `to` has and `from` has not into the remote, as one pack.
fn send(here: &Repository, remote: &Repository, from: Oid, to: Oid) -> Result<(), RemoteError> {
    let mut walk = here.revwalk().at("walk")?;
    walk.push(to).and_then(|()| walk.hide(from)).at("walk")?;
    let mut pack = here.packbuilder().at("pack")?;
    pack.set_threads(1);
    pack.insert_walk(&mut walk).at("pack the new objects")?;
    let database = remote.odb().at("open the remote's objects")?;
    let mut writer = database.packwriter().at("write into the remote")?;
    let mut written = Ok(());
    let packed = pack.foreach(|bytes| {
        written = writer.write_all(bytes);
        written.is_ok()
    });
    packed.at("write into the remote")?;
    writer.commit().at("write into the remote")?;
    Ok(())
}
