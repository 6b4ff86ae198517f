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

/// A journal that begins with `detected`; hashes and positions do not matter to who reads it in words.
pub(crate) fn journal(bodies: impl IntoIterator<Item = Body>) -> Vec<Event> {
    let first = incident();
    let detected = Body::Detected { detection: first.detection.clone(), epoch: Epoch(1) };
    let events = std::iter::once(detected).chain(bodies).zip(1..);
    let event = |(body, position): (Body, i64)| Event {
        cursor: Cursor { txid: 1, id: position },
        incident: first.id,
        position: Position(position),
        key: format!("k{position}"),
        body,
        trace_parent: None,
        at: first.detected_at + chrono::TimeDelta::seconds(position),
        hash: Digest::of("an event"),
    };
    events.map(event).collect()
}

/// A proposal whose diff and digest come from a text.
pub(crate) fn proposal(diff: &str) -> wire::proposal::Proposal {
    wire::proposal::Proposal {
        distilled: None,
        digest: Digest::of(diff),
        target: "a-target".parse().unwrap(),
        base: "a".repeat(40).parse().unwrap(),
        diff: diff.into(),
        files: vec!["f".into()],
        tree: "b".repeat(40).parse().unwrap(),
        artefact: Digest::of("artefact"),
        origin: "codemod d".into(),
        gates: Vec::new(),
    }
}
