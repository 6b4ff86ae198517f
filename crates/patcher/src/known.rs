//! What this life was told of epochs and fences. The branch's trailers remember the epochs over a restart.

use crate::decide::Seen;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use wire::{Authority, Epoch, Fence, IncidentId};

/// How many incidents' fences are remembered; the lowest, hence oldest, is forgotten first.
const MAX_INCIDENTS: usize = 10_000;

/// The highest that was told.
#[derive(Debug, Default)]
pub(crate) struct Known {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    epoch: Epoch,
    fences: HashMap<IncidentId, Fence>,
}

impl Known {
    /// Takes an epoch in.
    pub(crate) fn epoch(&self, epoch: Epoch) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.epoch = told.epoch.max(epoch);
    }

    /// Takes an incident's authority in.
    pub(crate) fn authority(&self, incident: IncidentId, authority: Authority) {
        self.epoch(authority.epoch);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.fences.len() >= MAX_INCIDENTS && !told.fences.contains_key(&incident) {
            let lowest = told.fences.iter().min_by_key(|(_, fence)| **fence).map(|(incident, _)| *incident);
            lowest.and_then(|lowest| told.fences.remove(&lowest));
        }
        let highest = told.fences.entry(incident).or_default();
        *highest = (*highest).max(authority.fence);
    }

    /// The highest so far, for an incident if it is about one.
    pub(crate) fn seen(&self, incident: Option<IncidentId>) -> Seen {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let fence = incident.and_then(|incident| told.fences.get(&incident).copied());
        Seen { epoch: told.epoch, fence: fence.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_kept_and_the_oldest_is_forgotten() {
        let known = Known::default();
        let incident = IncidentId::fresh();
        known.authority(incident, Authority { fence: Fence(7), epoch: Epoch(3) });
        known.authority(incident, Authority { fence: Fence(5), epoch: Epoch(2) });
        assert_eq!(known.seen(Some(incident)), Seen { epoch: Epoch(3), fence: Fence(7) });
        assert_eq!(known.seen(None), Seen { epoch: Epoch(3), fence: Fence(0) });
        for fence in 8..(8 + MAX_INCIDENTS as i64) {
            known.authority(IncidentId::fresh(), Authority { fence: Fence(fence), epoch: Epoch(3) });
        }
        assert_eq!(known.seen(Some(incident)).fence, Fence(0));
        assert_eq!(known.told.lock().unwrap().fences.len(), MAX_INCIDENTS);
    }
}
