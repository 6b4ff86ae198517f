//! How many requests each incident's reliefs answered. One that answered none kept nothing away from the target.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wire::IncidentId;
use wire::rollout::RouteTable;

/// The counts of the reliefs whose beginning was seen.
#[derive(Debug, Default)]
pub struct Answered {
    counts: Mutex<BTreeMap<IncidentId, u64>>,
}

impl Answered {
    /// A table is to be in force after another one. What stands in the first one that is seen has begun before: of that nobody knows how
    /// many it answered. What was taken out of the table is told of until the next one.
    pub fn take_over(&self, before: Option<&RouteTable>, next: &RouteTable) {
        let Some(before) = before else { return };
        let has = |table: &RouteTable, incident: &IncidentId| {
            table.reliefs.iter().any(|standing| standing.incident == *incident)
        };
        let mut counts = self.lock();
        counts.retain(|incident, _| has(before, incident) || has(next, incident));
        let begun = next.reliefs.iter().map(|standing| standing.incident).filter(|incident| !has(before, incident));
        begun.for_each(|incident| {
            counts.entry(incident).or_default();
        });
    }

    /// A request was answered by the reliefs of these, or by one of them.
    pub fn count(&self, whose: &[IncidentId]) {
        let mut counts = self.lock();
        for incident in whose {
            if let Some(count) = counts.get_mut(incident) {
                *count += 1;
            }
        }
    }

    /// All of them.
    pub fn told(&self) -> BTreeMap<IncidentId, u64> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IncidentId, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
