//! One incident among all that are open.

use super::Worker;
use crate::next::Move;
use crate::{family, intensity};
use chrono::{DateTime, TimeDelta, Utc};
use client::CallError;
use wire::IncidentId;
use wire::incident::{Incident, Status};
use wire::related::OpenIncident;

/// The pause before the store is asked again.
const PAUSE: TimeDelta = TimeDelta::seconds(1);

impl Worker {
    /// What is done among others, where this was planned for the incident alone. When the store does not tell of the others, nothing is
    /// begun that they might matter for.
    pub(super) async fn among_others(&self, incident: &Incident, planned: Move) -> Move {
        let rests = incident.status == Status::Correlated;
        if !rests && !self.relations.concern(incident, &planned) {
            return planned;
        }
        let told = if rests { self.rest(incident).await } else { self.decide(incident, planned).await };
        told.unwrap_or_else(|error| {
            tracing::warn!(incident = %incident.id, error = &error as &dyn std::error::Error, "cannot look at the others");
            Move::WaitUntil(self.clock.now() + PAUSE)
        })
    }

    /// What is done after what was done on the target of late. When the store does not tell of it, nothing is begun.
    pub(super) async fn within_bounds(&self, incident: &Incident, planned: Move) -> Move {
        if !intensity::concerns(incident, &planned) {
            return planned;
        }
        let (now, at_most) = (self.clock.now(), self.settings.remedies_per_hour);
        match self.peers.store.recent_remedies(&incident.target).await {
            Ok(recent) => intensity::decide(incident, &recent.remedies, at_most, planned, now),
            Err(error) => {
                tracing::warn!(incident = %incident.id, error = &error as &dyn std::error::Error, "cannot tell what was done of late");
                Move::WaitUntil(now + PAUSE)
            }
        }
    }

    async fn decide(&self, incident: &Incident, planned: Move) -> Result<Move, CallError> {
        let open = self.peers.store.open_incidents().await?.incidents;
        Ok(self.relations.decide(incident, &open, planned, self.clock.now()))
    }

    async fn rest(&self, incident: &Incident) -> Result<Move, CallError> {
        let parent = match incident.parent {
            Some(parent) => self.known(parent).await?,
            None => None,
        };
        // Asked after the parent: an occurrence in between is seen.
        let open = self.peers.store.open_incidents().await?.incidents;
        let now = self.clock.now();
        let last_at = last_seen(&open, incident, now);
        Ok(family::next(incident, parent.as_ref(), last_at, self.relations.limits.quiet, now))
    }

    async fn known(&self, incident: IncidentId) -> Result<Option<Incident>, CallError> {
        match self.peers.store.incident(incident).await {
            Ok(incident) => Ok(Some(incident)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// When it was last heard of. What is not told of is taken for seen just now.
fn last_seen(open: &[OpenIncident], incident: &Incident, now: DateTime<Utc>) -> DateTime<Utc> {
    open.iter().find(|one| one.id == incident.id).map_or(now, |one| one.last_at)
}
