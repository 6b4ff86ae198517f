//! What a target's place remembers of what it saw; a restart may forget it.

use super::Site;
use crate::hang::{Hangs, Pulse};
use chrono::{DateTime, Utc};
use std::sync::{MutexGuard, PoisonError};
use wire::target::Target;
use wire::{CommitId, Problem};

#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The head, and when it was first seen.
    pub(super) head: Option<(CommitId, DateTime<Utc>)>,
    pub(super) revive_failures: u32,
    pub(super) revive_at: DateTime<Utc>,
    /// What stands in the way.
    pub(super) problem: Option<Problem>,
    pub(super) pulse: Pulse,
    pub(super) hangs: Hangs,
}

impl Watch {
    /// Nothing was seen of a target yet.
    pub(super) fn new(target: &Target) -> Self {
        Self { pulse: Pulse::new(target.run.health.hung()), ..Self::default() }
    }
}

impl Site {
    pub(super) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells (or takes back) what stands in the way; a new problem is logged once.
    pub(super) fn tell(&self, problem: Option<Problem>) {
        let mut watch = self.watch();
        if watch.problem != problem {
            if let Some(problem) = &problem {
                tracing::warn!(target_name = %self.target.name, code = problem.code, message = problem.message, "not well");
            }
            watch.problem = problem;
        }
    }
}
