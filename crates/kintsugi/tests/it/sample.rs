//! Journals as the store keeps them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use wire::event::{Body, Event};
use wire::incident::Incident;
use wire::{IncidentId, chain};

pub(crate) const ID: &str = "0190a1b2-0000-7000-8000-000000000001";

pub(crate) fn id() -> IncidentId {
    serde_json::from_value(json!(ID)).unwrap()
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn detection() -> Value {
    json!({
        "target": "patient", "code": "FAULT_SAMPLE", "event_id": "e-1", "source": "router", "at": at(0),
        "message": "it broke",
    })
}

/// A journal that holds, and the row that is kept of it.
pub(crate) fn escalated() -> (Vec<Event>, Incident) {
    let bodies = [
        json!({ "kind": "detected", "payload": { "detection": detection(), "epoch": 1 } }),
        json!({ "kind": "escalated", "payload": { "reason": "no_remedy", "diagnosis": "nothing is known" } }),
    ];
    let mut journal: Vec<Event> = Vec::new();
    let mut row: Option<Incident> = None;
    for (index, body) in bodies.into_iter().enumerate() {
        let body: Body = serde_json::from_value(body).unwrap();
        let (kind, payload) = chain::split(&body);
        let (position, key, at) = (wire::Position(index as i64 + 1), format!("k{index}"), at(index as i64));
        let before = journal.last().map(|event| &event.hash);
        let hash = chain::hash(before, id(), position, &key, &kind, &payload, at);
        let event: Event = serde_json::from_value(json!({
            "id": index + 1, "incident": ID, "position": position, "key": key, "kind": kind, "payload": payload,
            "at": at, "hash": hash, "cursor": "1-1",
        }))
        .unwrap();
        row = Some(wire::apply::apply(row.as_ref(), &event).unwrap());
        journal.push(event);
    }
    (journal, row.unwrap())
}

/// Row number `number` of a list.
pub(crate) fn row(number: u32) -> Incident {
    let (_, row) = escalated();
    let id = format!("0190a1b2-0000-7000-8000-{number:012}");
    Incident { id: serde_json::from_value(json!(id)).unwrap(), ..row }
}

pub(crate) fn healing() -> Value {
    json!({ "epoch": 1, "paused": false })
}

/// What the dashboard's data say.
pub(crate) fn overview(incidents: &[Incident], next: Option<&str>) -> Value {
    json!({ "state": healing(), "incidents": incidents, "next": next, "cursor": "0-0" })
}
