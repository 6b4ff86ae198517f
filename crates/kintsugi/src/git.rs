//! Reads a target's remote for the demo.

use anyhow::Context;
use git2::Repository;
use std::path::Path;
use wire::CommitId;

/// The head of a branch.
///
/// # Errors
/// When the repository or the branch is not there.
pub(crate) fn head(url: &str, branch: &str) -> anyhow::Result<CommitId> {
    let repository = open(url)?;
    let head = repository.refname_to_id(&format!("refs/heads/{branch}"));
    Ok(head.with_context(|| format!("{url} has no branch {branch}"))?.to_string().parse()?)
}

/// A file of a branch's head.
///
/// # Errors
/// When it is not there.
pub(crate) fn read(url: &str, branch: &str, path: &str) -> anyhow::Result<Vec<u8>> {
    let repository = open(url)?;
    let tree = repository.revparse_single(&format!("refs/heads/{branch}^{{tree}}"))?.peel_to_tree()?;
    let entry = tree.get_path(Path::new(path)).with_context(|| format!("{url} has no {path} on {branch}"))?;
    Ok(repository.find_blob(entry.id())?.content().to_vec())
}

fn open(url: &str) -> anyhow::Result<Repository> {
    let path = url.strip_prefix("file://").unwrap_or(url);
    Repository::open_bare(path).with_context(|| format!("cannot open the remote {path}"))
}
