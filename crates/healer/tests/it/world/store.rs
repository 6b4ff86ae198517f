//! The store of one incident, with its lease.

use crate::sample::{at, detection};
use chrono::{DateTime, TimeDelta, Utc};
use wire::apply::apply;
use wire::event::{Append, Body, Event};
use wire::incident::Incident;
use wire::problem::code;
use wire::{Authority, Cursor, Digest, Epoch, EventId, Fence, IncidentId, Position};

pub(crate) struct Store {
    pub(crate) events: Vec<Event>,
    pub(crate) incident: Incident,
    pub(crate) now: DateTime<Utc>,
    pub(crate) epoch: Epoch,
    /// Of the newest lease; 0 when it was revoked.
    fence: Fence,
    granted: Fence,
}

impl Store {
    pub(crate) fn with_incident() -> Self {
        let id: IncidentId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let epoch = Epoch(1);
        let first = event(id, Position(1), "detected", Body::Detected { detection: detection(), epoch }, at(1));
        let incident = apply(None, &first).unwrap();
        Self { events: vec![first], incident, now: at(1), epoch, fence: Fence(0), granted: Fence(0) }
    }

    /// Grants a lease; the one before is over.
    pub(crate) fn grant(&mut self) -> Authority {
        self.granted = self.granted.next();
        self.fence = self.granted;
        Authority { fence: self.fence, epoch: self.epoch }
    }

    /// Takes the lease away.
    pub(crate) fn revoke(&mut self) {
        self.fence = Fence(0);
    }

    /// Whether a renewal would be granted.
    pub(crate) fn is_held_under(&self, authority: Authority) -> bool {
        authority.fence == self.fence
    }

    /// As the store answers it: the event, or the code of its refusal.
    pub(crate) fn append(&mut self, append: &Append) -> Result<Event, &'static str> {
        if append.fence != self.fence {
            return Err(if self.epoch > self.incident.epoch { code::EPOCH_STALE } else { code::FENCE_STALE });
        }
        if let Some(first) = self.events.iter().find(|event| event.key == append.key) {
            return if first.body == append.body { Ok(first.clone()) } else { Err(code::KEY_CONFLICT) };
        }
        if append.position != self.incident.position.next() {
            return Err(code::POSITION_CONFLICT);
        }
        self.write(&append.key, append.body.clone())
    }

    /// What the store writes itself.
    pub(crate) fn write(&mut self, key: &str, body: Body) -> Result<Event, &'static str> {
        let position = self.incident.position.next();
        let event = event(self.incident.id, position, key, body, self.now + TimeDelta::milliseconds(10));
        self.incident = apply(Some(&self.incident), &event).map_err(|_| code::TRANSITION_REFUSED)?;
        self.now = event.at;
        self.events.push(event.clone());
        Ok(event)
    }

    /// The fault is seen again: it joins an open incident and reopens a resolved one.
    pub(crate) fn detect_again(&mut self) {
        let (event_id, happened_at) = (EventId::fresh(), self.now);
        let key = format!("seen/{}", self.incident.position);
        if self.incident.status == wire::incident::Status::Resolved {
            self.write(&key, Body::Reopened { event_id, happened_at }).unwrap();
        } else if self.incident.status.is_open() {
            self.write(&key, Body::Occurred { event_id, happened_at }).unwrap();
        }
    }

    pub(crate) fn reset(&mut self) -> Epoch {
        self.epoch = self.epoch.next();
        self.revoke();
        self.write("archived", Body::Archived { epoch: self.epoch }).unwrap();
        self.epoch
    }
}

fn event(incident: IncidentId, position: Position, key: &str, body: Body, at: DateTime<Utc>) -> Event {
    // The chain has tests of its own; here a hash need only be another one for every event.
    let hash = Digest::of(format!("{position} {key}"));
    let cursor = Cursor { txid: 1, id: position.0 };
    Event { cursor, incident, position, key: key.to_owned(), body, trace_parent: None, at, hash }
}
