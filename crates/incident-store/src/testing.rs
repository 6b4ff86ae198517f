//! Values for the unit tests.

use wire::apply::apply;
use wire::detection::{Detection, Source};
use wire::event::{Body, Event};
use wire::incident::Incident;
use wire::{Cursor, Digest, Epoch, IncidentId, Position};

/// An incident that was just detected, in epoch 1.
pub(crate) fn incident() -> Incident {
    let at = chrono::DateTime::from_timestamp(1_000_000, 0).unwrap();
    let detection = Detection {
        target: "a-target".parse().unwrap(),
        code: "A_FAULT".parse().unwrap(),
        event_id: "an-event".parse().unwrap(),
        source: Source::Router,
        at,
        message: String::new(),
        reason: None,
        line: None,
        context: Vec::new(),
        trace_parent: None,
        request_id: None,
        version: None,
        service: None,
        fields: Default::default(),
    };
    let event = Event {
        cursor: Cursor::default(),
        incident: IncidentId::fresh(),
        position: Position(1),
        key: "store:detected".into(),
        body: Body::Detected { detection, epoch: Epoch(1) },
        trace_parent: None,
        at,
        hash: Digest::of("an event"),
    };
    apply(None, &event).unwrap()
}
