//! Getting a change onto the branch: look, decide, do; again when somebody else was faster.

use crate::decide::{self, Facts, Move, Stand};
use crate::failure::Failure;
use crate::message::Message;
use crate::patcher::Patcher;
use crate::repository::{Author, Head, Past, RepositoryError, Swap, Work};
use chassis::operations::Reporter;
use std::sync::Arc;
use std::time::Duration;
use wire::proposal::{PushOutcome, PushedCommit, Refusal};
use wire::target::Target;
use wire::{Authority, Epoch, IncidentId};

/// How far back the branch is searched for own trailers, commits.
const HISTORY: usize = 200;
/// How often a lost race is run again.
const ATTEMPTS: usize = 8;
/// The pause after a lost race, times the number of the attempt: another writer's lock is held for microseconds.
const PAUSE: Duration = Duration::from_millis(5);

/// A change that is to get onto a branch.
pub(crate) trait Landing: Send + Sync + 'static {
    /// The incident and the lease it is asked under; a reset has none.
    fn authority(&self) -> Option<(IncidentId, Authority)>;
    /// The epoch it belongs to.
    fn epoch(&self) -> Epoch;
    /// Whether a commit is what an earlier attempt made.
    fn made(&self, past: &Past) -> bool;
    /// What it comes to on the branch as it is.
    fn stand(&self, work: &Work, target: &Target, head: &Head) -> Result<Stand, RepositoryError>;
    /// The message of its commit.
    fn message(&self) -> Message;
}

impl Patcher {
    /// Gets a change onto its target's branch, once.
    pub(crate) async fn land(
        &self,
        target: Arc<Target>,
        change: impl Landing,
        not_admitted: Option<Refusal>,
        reporter: &Reporter,
    ) -> Result<PushOutcome, Failure> {
        let change = Arc::new(change);
        self.take_in(&*change);
        for attempt in 1..=ATTEMPTS {
            let incident = change.authority().map(|(incident, _)| incident);
            let seen = self.known.seen(incident);
            let (change, not_admitted, author) = (Arc::clone(&change), not_admitted.clone(), self.author());
            let done = self.shelf.work(&target, move |work, target| {
                let tried = Attempt { change: &*change, not_admitted, seen, author };
                tried.run(work, target)
            });
            if let Some(outcome) = done.await? {
                return Ok(outcome);
            }
            reporter.note("somebody else pushed first; looking again");
            tokio::time::sleep(PAUSE * attempt as u32).await;
        }
        Err(Failure::Busy(ATTEMPTS))
    }

    fn take_in(&self, change: &dyn Landing) {
        self.known.epoch(change.epoch());
        if let Some((incident, authority)) = change.authority() {
            self.known.authority(incident, authority);
        }
    }
}

struct Attempt<'a> {
    change: &'a dyn Landing,
    not_admitted: Option<Refusal>,
    seen: decide::Seen,
    author: Author,
}

impl Attempt<'_> {
    /// The outcome; none when the race was lost.
    fn run(self, work: &Work, target: &Target) -> Result<Option<PushOutcome>, Failure> {
        let head = work.fetch()?;
        let history = work.history(&head.commit, HISTORY)?;
        let facts = Facts {
            epoch: self.change.epoch(),
            fence: self.change.authority().map(|(_, authority)| authority.fence),
            seen: seen_on(&history, self.seen),
            not_admitted: self.not_admitted,
            found: history.iter().find(|past| self.change.made(past)).map(Past::found),
            stand: self.change.stand(work, target, &head)?,
        };
        let tree = match decide::decide(facts) {
            Move::TooLate(stale) => return Err(stale.into()),
            Move::Refuse(refusal) => return Ok(Some(PushOutcome::Refused(refusal))),
            Move::Found(commit) => return Ok(Some(PushOutcome::Pushed(commit))),
            Move::Unchanged => return Ok(Some(PushOutcome::Unchanged { head: head.commit, tree: head.tree })),
            Move::Commit(tree) => tree,
        };
        let commit = work.record(&self.author, &self.change.message().text(), &tree, &head.commit)?;
        if work.publish(&head.commit, &commit)? == Swap::Lost {
            return Ok(None);
        }
        // Believe the branch, not the call.
        let now = work.fetch()?;
        if work.ancestor(&now.commit, &commit)?.is_none() {
            return Err(RepositoryError::NotThere.into());
        }
        tracing::info!(target = %target.name, %commit, "pushed");
        Ok(Some(PushOutcome::Pushed(PushedCommit { commit, tree, found: false })))
    }
}

/// What was told, and what the branch says of epochs. The branch counts for its own target only: whoever may push to one
/// target has no say over the others.
pub(crate) fn seen_on(history: &[Past], told: decide::Seen) -> decide::Seen {
    let on_branch = history.iter().filter_map(Past::epoch).max().unwrap_or_default();
    decide::Seen { epoch: told.epoch.max(on_branch), ..told }
}

/// The newest commits of a head that are searched.
pub(crate) fn searched(work: &Work, head: &Head) -> Result<Vec<Past>, RepositoryError> {
    work.history(&head.commit, HISTORY)
}
