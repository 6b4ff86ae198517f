//! What this healer holds now, for people.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::incident::Incident;
use wire::lease::{Held, Work};
use wire::{Authority, IncidentId};

/// The incidents in hand. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Hands {
    holder: String,
    parallel: usize,
    held: Arc<Mutex<BTreeMap<IncidentId, Held>>>,
}

/// One of them; it is let go when this is dropped.
#[derive(Debug)]
pub(crate) struct InHand {
    hands: Hands,
    incident: IncidentId,
    authority: Authority,
}

impl Hands {
    pub(crate) fn new(holder: &str, parallel: usize) -> Self {
        Self { holder: holder.to_owned(), parallel, held: Arc::default() }
    }

    /// Takes an incident in hand.
    pub(crate) fn take(&self, incident: &Incident, authority: Authority, since: DateTime<Utc>) -> InHand {
        let held = Held {
            incident: incident.id,
            target: incident.target.clone(),
            status: incident.status,
            in_flight: incident.in_flight,
            authority,
            since,
        };
        self.lock().insert(incident.id, held);
        InHand { hands: self.clone(), incident: incident.id, authority }
    }

    /// For the answer of `GET /v1/work`.
    pub(crate) fn work(&self) -> Work {
        let held = self.lock().values().cloned().collect();
        Work { holder: self.holder.clone(), parallel: self.parallel, held }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IncidentId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InHand {
    /// Says where it stands now.
    pub(crate) fn update(&self, incident: &Incident) {
        if let Some(held) = self.hands.lock().get_mut(&self.incident) {
            held.status = incident.status;
            held.in_flight = incident.in_flight;
        }
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        let mut held = self.hands.lock();
        // A newer lease on the same incident is another's to let go.
        if held.get(&self.incident).is_some_and(|held| held.authority == self.authority) {
            held.remove(&self.incident);
        }
    }
}
