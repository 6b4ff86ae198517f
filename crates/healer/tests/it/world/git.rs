//! The target's branch.

use crate::sample::{commit, tree};
use wire::{CommitId, Digest, TreeId};

/// What a commit is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Base,
    Developer,
    Reset,
    Proposal(Digest),
    Revert(CommitId),
}

#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) id: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) what: What,
}

/// The branch, oldest first.
pub(crate) struct Git {
    pub(crate) branch: Vec<Commit>,
}

impl Git {
    pub(crate) fn new() -> Self {
        Self { branch: vec![Commit { id: commit(0), tree: tree(0), what: What::Base }] }
    }

    pub(crate) fn head(&self) -> &Commit {
        self.branch.last().unwrap()
    }

    pub(crate) fn add(&mut self, what: What) -> &Commit {
        let n = self.branch.len();
        self.branch.push(Commit { id: commit(n), tree: tree(n), what });
        self.head()
    }

    /// The commit with this trailer, if an earlier attempt made it already.
    pub(crate) fn find(&self, what: &What) -> Option<&Commit> {
        self.branch.iter().find(|commit| commit.what == *what)
    }

    pub(crate) fn count(&self, what: &What) -> usize {
        self.branch.iter().filter(|commit| commit.what == *what).count()
    }

    /// What our own commits left on the branch: pushed and not reverted.
    pub(crate) fn standing(&self) -> Vec<&CommitId> {
        let ours = self.branch.iter().filter(|commit| matches!(commit.what, What::Proposal(_)));
        ours.map(|commit| &commit.id).filter(|id| self.find(&What::Revert((*id).clone())).is_none()).collect()
    }
}
