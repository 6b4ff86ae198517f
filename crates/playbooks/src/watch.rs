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

/// A row of looks that found a resource ill. Pure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    /// Since when, and how many looks found it so.
    ill: Option<(DateTime<Utc>, u32)>,
}

impl Row {
    /// Takes a look in. Known to be well, the row ends; what nobody could tell is no sign, and ends no row.
    pub fn take_in(&mut self, invariants: &[Invariant], now: DateTime<Utc>) {
        if invariants.iter().any(|invariant| invariant.holds == Some(false)) {
            let (since, times) = self.ill.unwrap_or((now, 0));
            self.ill = Some((since, times.saturating_add(1)));
        } else if invariants.iter().all(|invariant| invariant.holds == Some(true)) {
            self.ill = None;
        }
    }

    /// Since when it is ill, once so many looks in a row found it so.
    pub fn since(&self, strikes: u32) -> Option<DateTime<Utc>> {
        self.ill.filter(|(_, times)| *times >= strikes).map(|(since, _)| since)
    }

    /// Whether the last look that could tell found it well.
    pub fn is_over(&self) -> bool {
        self.ill.is_none()
    }
}

/// Looks at one resource again and again.
pub struct Watcher {
    every: Duration,
    clock: SharedClock,
    row: Row,
}

impl Watcher {
    /// A watcher that looks this often.
    pub fn new(every: Duration, clock: SharedClock) -> Self {
        Self { every, clock, row: Row::default() }
    }

    /// Looks once; a sign when it is known to be ill often enough in a row.
    pub async fn look<P: Playbook>(&mut self, playbook: &P) -> Option<Sign> {
        let seen = playbook.look().await;
        let invariants = playbook.invariants(&seen);
        self.row.take_in(&invariants, self.clock.now());
        let since = self.row.since(playbook.strikes())?;
        Some(Sign { since, diagnosis: playbook.diagnose(&seen), invariants })
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
}
