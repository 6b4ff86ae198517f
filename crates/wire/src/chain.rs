//! The hash chain of an incident's journal: any later edit of an event breaks it.

use crate::event::Event;
use crate::{Digest, IncidentId, Position};
use chrono::{DateTime, Utc};

/// The hash of an event: over the one before it and everything that the event says.
pub fn hash(
    before: Option<&Digest>,
    incident: IncidentId,
    position: Position,
    key: &str,
    kind: &str,
    payload: &serde_json::Value,
    at: DateTime<Utc>,
) -> Digest {
    let before = before.map(Digest::as_str).unwrap_or_default();
    Digest::of_parts([
        before.as_bytes(),
        incident.to_string().as_bytes(),
        position.to_string().as_bytes(),
        key.as_bytes(),
        kind.as_bytes(),
        crate::digest::canonical(payload).as_bytes(),
        at.timestamp_micros().to_string().as_bytes(),
    ])
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A position is missing, repeated or out of order.
    #[error("event {got} stands where event {wanted} should")]
    Position {
        /// What should stand there.
        wanted: Position,
        /// What does.
        got: Position,
    },
    /// An event was changed after it was written.
    #[error("event {0} does not have the hash of its content")]
    Hash(Position),
}

/// Checks a whole journal, first event first.
///
/// # Errors
/// At the first event that does not follow from the ones before.
pub fn verify(events: &[Event]) -> Result<(), Broken> {
    let mut before: Option<&Digest> = None;
    let mut wanted = Position(1);
    for event in events {
        if event.position != wanted {
            return Err(Broken::Position { wanted, got: event.position });
        }
        let (kind, payload) = split(&event.body);
        let hash = hash(before, event.incident, event.position, &event.key, &kind, &payload, event.at);
        if hash != event.hash {
            return Err(Broken::Hash(event.position));
        }
        before = Some(&event.hash);
        wanted = wanted.next();
    }
    Ok(())
}

/// A body as the two columns `kind` and `payload` hold it.
pub fn split(body: &crate::event::Body) -> (String, serde_json::Value) {
    let payload = serde_json::to_value(body)
        .ok()
        .and_then(|mut value| value.get_mut("payload").map(serde_json::Value::take))
        .unwrap_or(serde_json::Value::Null);
    (body.kind().to_owned(), payload)
}
