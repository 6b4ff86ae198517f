//! What is to be done on a branch, decided from facts alone. Pure.

use wire::proposal::{PushedCommit, Refusal};
use wire::{Epoch, Fence, TreeId};

/// The highest that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Of all epochs.
    pub epoch: Epoch,
    /// Of the incident's fences.
    pub fence: Fence,
}

/// What the change would come to on the branch as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stand {
    /// It can be made; this is the tree that results.
    Ready(TreeId),
    /// What it would do is so already.
    Standing,
    /// It cannot be made.
    Refused(Refusal),
}

/// Everything that bears on one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The epoch that the task belongs to.
    pub epoch: Epoch,
    /// The lease's token that it is asked under; a reset has none.
    pub fence: Option<Fence>,
    /// The highest that is known, from requests and from the branch.
    pub seen: Seen,
    /// Why the verifier does not stand behind it, if it does not.
    pub not_admitted: Option<Refusal>,
    /// The commit that an earlier attempt made.
    pub found: Option<PushedCommit>,
    /// What it would come to.
    pub stand: Stand,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// It comes too late.
    TooLate(Stale),
    /// It is refused; nothing is changed.
    Refuse(Refusal),
    /// It was done already.
    Found(PushedCommit),
    /// There is nothing to do.
    Unchanged,
    /// A commit with this tree goes on top of the head.
    Commit(TreeId),
}

/// Why it comes too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// A reset has begun a newer epoch.
    #[error("it belongs to epoch {asked}, but epoch {seen} has begun")]
    Epoch {
        /// The task's.
        asked: Epoch,
        /// The highest known.
        seen: Epoch,
    },
    /// Another holder has a newer lease.
    #[error("it is asked under the fence {asked}, but {seen} was seen for its incident")]
    Fence {
        /// The task's.
        asked: Fence,
        /// The highest known.
        seen: Fence,
    },
}

/// Whether a task comes too late.
///
/// # Errors
/// Says what is newer.
pub fn in_time(epoch: Epoch, fence: Option<Fence>, seen: Seen) -> Result<(), Stale> {
    if epoch < seen.epoch {
        return Err(Stale::Epoch { asked: epoch, seen: seen.epoch });
    }
    match fence {
        Some(fence) if fence < seen.fence => Err(Stale::Fence { asked: fence, seen: seen.fence }),
        _ => Ok(()),
    }
}

/// What is to be done. The order matters: what comes too late is not looked at, what nobody admitted is not even found,
/// and what was done already is not done again, however the branch stands now.
pub fn decide(facts: Facts) -> Move {
    if let Err(stale) = in_time(facts.epoch, facts.fence, facts.seen) {
        return Move::TooLate(stale);
    }
    if let Some(refusal) = facts.not_admitted {
        return Move::Refuse(refusal);
    }
    if let Some(commit) = facts.found {
        return Move::Found(commit);
    }
    match facts.stand {
        Stand::Ready(tree) => Move::Commit(tree),
        Stand::Standing => Move::Unchanged,
        Stand::Refused(refusal) => Move::Refuse(refusal),
    }
}

/// A refusal without a diff or gates.
pub fn refusal(code: &str, why: impl Into<String>) -> Refusal {
    Refusal { code: code.to_owned(), why: why.into(), diff: None, gates: Vec::new() }
}

/// What became of a file that a commit changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// It is as the commit left it.
    AsLeft,
    /// It is as it was before the commit.
    AsBefore,
    /// A later commit changed it, or removed it.
    Changed,
}

/// Which of the files that a commit changed are to be restored; none when all are as they were.
///
/// # Errors
/// When a later commit touched one of them.
pub fn to_restore(files: &[(String, Since)]) -> Result<Vec<&str>, Refusal> {
    let mut restore = Vec::new();
    for (file, since) in files {
        match since {
            Since::AsLeft => restore.push(file.as_str()),
            Since::AsBefore => {}
            Since::Changed => {
                return Err(refusal("conflict", format!("a later commit changed {file}: a person must take it back")));
            }
        }
    }
    Ok(restore)
}

#[cfg(test)]
mod tests;
