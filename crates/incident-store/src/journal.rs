//! The one place that writes events: event and projection together, hash-chained, decided by `wire::apply`.

use crate::cooldown;
use crate::error::StoreError;
use crate::relatives;
use crate::rows::{NewEventRow, ProjectionRow};
use crate::schema::{incident_events, incidents};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use wire::event::{Body, Event};
use wire::incident::{Incident, Severity, Status};
use wire::{Cursor, IncidentId, Position};

/// Keys of the events that the store writes by itself begin so; nobody else's may.
pub(crate) const OWN_KEYS: &str = "store:";

/// An event that is to be written.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) body: Body,
    pub(crate) trace_parent: Option<String>,
    pub(crate) at: DateTime<Utc>,
}

/// Begins an incident's journal. How bad it is stands in the target file, not in the journal.
pub(crate) async fn begin(
    conn: &mut AsyncPgConnection,
    severity: Severity,
    entry: Entry,
) -> Result<Incident, StoreError> {
    let (mut incident, event) = decide(None, IncidentId::fresh(), entry)?;
    incident.severity = severity;
    diesel::insert_into(incidents::table).values(ProjectionRow::try_from(&incident)?).execute(conn).await?;
    insert(conn, &event).await?;
    Ok(incident)
}

/// Goes on with a journal; answers the incident after it, too. The caller holds the lock on the incident's row.
pub(crate) async fn append(
    conn: &mut AsyncPgConnection,
    state: &Incident,
    entry: Entry,
) -> Result<(Incident, Event), StoreError> {
    // What went with its cause, before anything was done, or while it was eased, was never nothing: it may come again at once, and opens an incident then.
    let has_gone = matches!(state.status, Status::Correlated | Status::Acting | Status::Mitigated)
        && matches!(entry.body, Body::Dismissed { .. });
    let (incident, mut event) = decide(Some(state), state.id, entry)?;
    let row = incidents::table.find(incident.id.0);
    diesel::update(row).set(ProjectionRow::try_from(&incident)?).execute(conn).await?;
    event.cursor = insert(conn, &event).await?;
    if incident.status == Status::Dismissed && state.status != Status::Dismissed && !has_gone {
        cooldown::begin(conn, &incident).await?;
    }
    if incident.status != state.status {
        relatives::wake_children(conn, &incident).await?;
    }
    Ok((incident, event))
}

async fn insert(conn: &mut AsyncPgConnection, event: &Event) -> Result<Cursor, StoreError> {
    let place: (i64, i64) = diesel::insert_into(incident_events::table)
        .values(NewEventRow::from(event))
        .returning((incident_events::txid, incident_events::id))
        .get_result(conn)
        .await?;
    Ok(Cursor { txid: place.0.unsigned_abs(), id: place.1 })
}

/// The event with its place and hash, and the incident after it. Pure.
fn decide(state: Option<&Incident>, id: IncidentId, entry: Entry) -> Result<(Incident, Event), StoreError> {
    let position = state.map_or(Position(1), |incident| incident.position.next());
    let body = normalised(&entry.body)?;
    let (kind, payload) = wire::chain::split(&body);
    let before = state.map(|incident| &incident.head);
    let hash = wire::chain::hash(before, id, position, &entry.key, &kind, &payload, entry.at);
    let trace_parent = entry.trace_parent;
    let cursor = Cursor::default();
    let event = Event { cursor, incident: id, position, key: entry.key, body, trace_parent, at: entry.at, hash };
    let incident = wire::apply::apply(state, &event).map_err(StoreError::Refused)?;
    Ok((incident, event))
}

/// The body as `jsonb` gives it back, so that its hash survives the way there and back.
pub(crate) fn normalised(body: &Body) -> Result<Body, StoreError> {
    let (kind, payload) = wire::chain::split(body);
    let value = serde_json::json!({ "kind": kind, "payload": kept(payload) });
    serde_json::from_value(value).map_err(StoreError::Form)
}

/// `jsonb` takes no NUL, knows no negative zero, and writes whole numbers out.
fn kept(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_nul(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(kept).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (without_nul(key), kept(value))).collect())
        }
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(0.0) => Value::from(0.0),
            Some(large) if large.abs() >= 1e15 && large.fract() == 0.0 => {
                serde_json::from_str(&format!("{large:.0}")).unwrap_or(Value::Number(number))
            }
            _ => Value::Number(number),
        },
        other => other,
    }
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A trace context as W3C writes it; anything else came from outside and is dropped.
pub(crate) fn trace_of(text: Option<&str>) -> Option<String> {
    let text = text?;
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let valid = match parts.as_slice() {
        [version, trace, span, flags] => hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2),
        _ => false,
    };
    valid.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_made_as_jsonb_gives_it_back() {
        let sent = json!({"a\u{0}": "x\u{0}y", "z": -0.0, "big": 1e18, "huge": 1e300, "small": 1.5e-7, "n": [1.25]});
        let wanted = json!({"a\u{fffd}": "x\u{fffd}y", "z": 0.0, "big": 1_000_000_000_000_000_000_u64, "huge": 1e300,
            "small": 1.5e-7, "n": [1.25]});
        assert_eq!(wire::digest::canonical(&kept(sent)), wire::digest::canonical(&wanted));
    }

    #[test]
    fn only_a_w3c_trace_context_is_one() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(trace_of(Some(good)).as_deref(), Some(good));
        for bad in ["", "00", "zz-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0"] {
            assert_eq!(trace_of(Some(bad)), None, "{bad}");
        }
    }
}
