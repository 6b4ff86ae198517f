//! Commits: what the branch remembers in its trailers, and what is put on top.

use super::error::{At, RepositoryError};
use super::{Work, commit_id, oid, tree_id};
use chrono::{DateTime, Utc};
use git2::{Commit, Signature, Time};
use wire::paths::trailer;
use wire::proposal::PushedCommit;
use wire::{CommitId, Epoch, TreeId};

/// Who commits, and when.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) at: DateTime<Utc>,
}

/// A commit of the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    trailers: Vec<(String, String)>,
}

impl Past {
    /// The value of a trailer.
    pub(crate) fn trailer(&self, name: &str) -> Option<&str> {
        let found = self.trailers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a trailer says this.
    pub(crate) fn says(&self, name: &str, value: &impl ToString) -> bool {
        self.trailer(name) == Some(value.to_string().as_str())
    }

    /// The epoch that it began or was made in.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        let told = [trailer::RESET, trailer::EPOCH].map(|name| self.trailer(name)?.parse().ok().map(Epoch));
        told.into_iter().flatten().max()
    }

    /// As the answer of a task that finds it.
    pub(crate) fn found(&self) -> PushedCommit {
        PushedCommit { commit: self.commit.clone(), tree: self.tree.clone(), found: true }
    }
}

/// A commit with its one parent.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) past: Past,
    /// The tree before it; none when it has no parent or several.
    pub(crate) before: Option<TreeId>,
}

impl Work {
    /// The newest commits of a branch, newest first, at most so many.
    pub(crate) fn history(&self, head: &CommitId, limit: usize) -> Result<Vec<Past>, RepositoryError> {
        let mut walk = self.repository.revwalk().at("walk")?;
        walk.push(oid(head.as_str())?).at("walk")?;
        let mut history = Vec::new();
        for id in walk.take(limit) {
            let commit = id.and_then(|id| self.repository.find_commit(id)).at("read the history")?;
            history.push(past(&commit)?);
        }
        Ok(history)
    }

    /// A commit of the history of a head; none when it is not there.
    pub(crate) fn ancestor(&self, head: &CommitId, commit: &CommitId) -> Result<Option<Made>, RepositoryError> {
        let (head, id) = (oid(head.as_str())?, oid(commit.as_str())?);
        let Ok(commit) = self.repository.find_commit(id) else { return Ok(None) };
        if head != id && !self.repository.graph_descendant_of(head, id).at("walk")? {
            return Ok(None);
        }
        let parent = if commit.parent_count() == 1 { commit.parent(0).ok() } else { None };
        let before = parent.map(|parent| tree_id(parent.tree_id())).transpose()?;
        Ok(Some(Made { past: past(&commit)?, before }))
    }

    /// Writes a commit on top of another. It is on no branch yet.
    pub(crate) fn record(
        &self,
        author: &Author,
        message: &str,
        tree: &TreeId,
        parent: &CommitId,
    ) -> Result<CommitId, RepositoryError> {
        let time = Time::new(author.at.timestamp(), 0);
        let who = Signature::new(&author.name, &author.email, &time).at("sign as the author of the settings")?;
        let tree = self.repository.find_tree(oid(tree.as_str())?).at("read the tree")?;
        let parent = self.repository.find_commit(oid(parent.as_str())?).at("read the head")?;
        commit_id(self.repository.commit(None, &who, &who, message, &tree, &[&parent]).at("write the commit")?)
    }
}

fn past(commit: &Commit<'_>) -> Result<Past, RepositoryError> {
    // Somebody else's commit may have a message in any encoding: it has no trailers of ours then.
    let trailers = commit.message().ok().and_then(|message| git2::message_trailers_strs(message).ok());
    let trailers = trailers.map(|all| all.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect());
    Ok(Past {
        commit: commit_id(commit.id())?,
        tree: tree_id(commit.tree_id())?,
        trailers: trailers.unwrap_or_default(),
    })
}
