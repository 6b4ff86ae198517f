//! Watches: says when a resource is ill, and since when.

use crate::playbook::Playbook;
use chassis::clock::SharedClock;
use chrono::{DateTime, Utc};
use std::time::Duration;
use wire::runtime::Invariant;

/// A resource is ill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// When the first of the looks in a row found it so.
    pub since: DateTime<Utc>,
    /// What is wrong, for people.
    pub diagnosis: String,
    /// What was seen.
    pub invariants: Vec<Invariant>,
}

/// Looks at one resource again and again.
pub struct Watcher {
    every: Duration,
    clock: SharedClock,
    /// Since when it is ill, and how many looks in a row found it so.
    ill: Option<(DateTime<Utc>, u32)>,
}

impl Watcher {
    /// A watcher that looks this often.
    pub fn new(every: Duration, clock: SharedClock) -> Self {
        Self { every, clock, ill: None }
    }

    /// Looks once; a sign when it is known to be ill often enough in a row. What nobody could tell is no sign, and ends no row.
    pub async fn look<P: Playbook>(&mut self, playbook: &P) -> Option<Sign> {
        let seen = playbook.look().await;
        let invariants = playbook.invariants(&seen);
        let (since, times) = self.count(&invariants)?;
        (times >= playbook.strikes()).then(|| Sign { since, diagnosis: playbook.diagnose(&seen), invariants })
    }

    /// Looks until it is ill. The first look is at once.
    pub async fn until_ill<P: Playbook>(&mut self, playbook: &P) -> Sign {
        loop {
            if let Some(sign) = self.look(playbook).await {
                return sign;
            }
            tokio::time::sleep(self.every).await;
        }
    }

    fn count(&mut self, invariants: &[Invariant]) -> Option<(DateTime<Utc>, u32)> {
        if invariants.iter().any(|invariant| invariant.holds == Some(false)) {
            let (since, times) = self.ill.unwrap_or((self.clock.now(), 0));
            self.ill = Some((since, times.saturating_add(1)));
        } else if invariants.iter().all(|invariant| invariant.holds == Some(true)) {
            self.ill = None;
        }
        self.ill
    }
}
