//! Rows, and what they are on the wire.

use crate::error::StoreError;
use crate::schema::{incident_events, incidents};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;
use wire::event::{Body, Event};
use wire::incident::{Incident, Status};
use wire::{Cursor, IncidentId, Position};

/// An incident's row after an event: the event makes it wanting again, whatever a release said before.
#[derive(Debug, Insertable, AsChangeset)]
#[diesel(table_name = incidents, treat_none_as_null = true)]
pub(crate) struct ProjectionRow {
    id: Uuid,
    target: String,
    code: String,
    status: &'static str,
    open: bool,
    under_way: bool,
    epoch: i64,
    position: i64,
    head: String,
    occurrences: i64,
    detected_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
    wake_at: Option<DateTime<Utc>>,
    done: bool,
    state: Value,
    parent: Option<Uuid>,
}

/// Its push was postponed, and nothing of it stands on the branch: its target's other incidents do not wait for it.
fn waits_in_a_storm(incident: &Incident) -> bool {
    incident.status == Status::Admitted && incident.postponed_until.is_some()
}

impl TryFrom<&Incident> for ProjectionRow {
    type Error = StoreError;
    fn try_from(incident: &Incident) -> Result<Self, StoreError> {
        Ok(Self {
            id: incident.id.0,
            target: incident.target.to_string(),
            code: incident.code.to_string(),
            status: incident.status.as_str(),
            open: incident.status.is_open(),
            under_way: incident.status.is_under_way() && !waits_in_a_storm(incident),
            epoch: incident.epoch.0,
            position: incident.position.0,
            head: incident.head.to_string(),
            occurrences: incident.occurrences.into(),
            detected_at: incident.detected_at,
            updated_at: incident.updated_at,
            resolved_at: incident.resolved_at,
            wake_at: None,
            done: false,
            parent: incident.parent.map(|parent| parent.0),
            state: serde_json::to_value(incident).map_err(StoreError::Form)?,
        })
    }
}

/// The incident of a row's `state`.
pub(crate) fn incident(state: Value) -> Result<Incident, StoreError> {
    serde_json::from_value(state).map_err(StoreError::Form)
}

/// A new event's row; the database adds its place in the feed.
#[derive(Debug, Insertable)]
#[diesel(table_name = incident_events)]
pub(crate) struct NewEventRow {
    incident_id: Uuid,
    position: i64,
    kind: String,
    key: String,
    payload: Value,
    trace_parent: Option<String>,
    at: DateTime<Utc>,
    hash: String,
}

impl From<&Event> for NewEventRow {
    fn from(event: &Event) -> Self {
        let (kind, payload) = wire::chain::split(&event.body);
        Self {
            incident_id: event.incident.0,
            position: event.position.0,
            kind,
            key: event.key.clone(),
            payload,
            trace_parent: event.trace_parent.clone(),
            at: event.at,
            hash: event.hash.to_string(),
        }
    }
}

/// An event's row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = incident_events, check_for_backend(diesel::pg::Pg))]
pub(crate) struct EventRow {
    id: i64,
    txid: i64,
    incident_id: Uuid,
    position: i64,
    kind: String,
    key: String,
    payload: Value,
    trace_parent: Option<String>,
    at: DateTime<Utc>,
    hash: String,
}

impl EventRow {
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { txid: self.txid.unsigned_abs(), id: self.id }
    }

    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;
    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let body = serde_json::json!({ "kind": row.kind, "payload": row.payload });
        Ok(Event {
            cursor: row.cursor(),
            incident: IncidentId(row.incident_id),
            position: Position(row.position),
            key: row.key,
            // What a newer replica wrote is passed on as what it is to this one.
            body: serde_json::from_value(body).unwrap_or(Body::Unknown),
            trace_parent: row.trace_parent,
            at: row.at,
            hash: row.hash.try_into().map_err(|_| StoreError::Hash(row.id))?,
        })
    }
}

/// All of them, in their order.
pub(crate) fn events(rows: Vec<EventRow>) -> Result<Vec<Event>, StoreError> {
    rows.into_iter().map(Event::try_from).collect()
}

/// A text with at most so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
