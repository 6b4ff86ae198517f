//! What a playbook is.

use crate::error::ActError;
use wire::runtime::{Action, Invariant, Remedy};

/// How one kind of resource is looked at, judged and healed. Looking and acting touch the world; everything between is pure.
pub trait Playbook: Send + Sync {
    /// What can be seen of the resource.
    type Seen: Clone + std::fmt::Debug + Send + Sync;

    /// Looks. Never fails and never waits without a limit: what could not be seen is part of what was seen.
    fn look(&self) -> impl Future<Output = Self::Seen> + Send;

    /// What holds when the resource is well, and whether it does. Also whether what it is *for* works, not only its parts.
    fn invariants(&self, seen: &Self::Seen) -> Vec<Invariant>;

    /// What is wrong, one or two sentences for people.
    fn diagnose(&self, seen: &Self::Seen) -> String;

    /// What can be tried now, in order. Asked anew after each try, so it may depend on what the last one brought to light.
    fn remedies(&self, seen: &Self::Seen) -> Vec<Remedy>;

    /// Whether the cause is gone, so that what stands in place for the time being can be withdrawn.
    fn is_over(&self, seen: &Self::Seen) -> bool;

    /// What a person has to know or to do, whatever came of it.
    fn advice(&self, _seen: &Self::Seen) -> Vec<String> {
        Vec::new()
    }

    /// So many looks in a row must find it ill before it is said to be.
    fn strikes(&self) -> u32 {
        1
    }

    /// What is done from now on is done for this cause.
    fn is_for(&self, _cause: &str) {}

    /// An action is about to be done because of this that was seen. What is done without was decided before a crash.
    fn decided(&self, _seen: &Self::Seen) {}

    /// Does an action; answers what was done, for people. Done twice is as done once. An undo is an action like any other.
    ///
    /// # Errors
    /// See [`ActError`]. Then it may be half done, and is undone.
    fn act(&self, action: &Action) -> impl Future<Output = Result<String, ActError>> + Send;

    /// Takes back what was done, or half done, by the action that is its undo. Told what was done, so that it can leave alone what
    /// somebody else did since.
    ///
    /// # Errors
    /// See [`ActError`]. Then a person has to look.
    fn take_back(&self, _done: &Action, undo: &Action) -> impl Future<Output = Result<String, ActError>> + Send {
        self.act(undo)
    }
}
