//! A hand-over as it is kept: rows, and what they are to the rest of the service.

use super::belong::is_refusal;
use crate::error::StoreError;
use crate::schema::handovers;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use wire::handover::{Answer, Attempt, HandOver, Handover, HandoverId, Notice, State};
use wire::{IncidentId, Position};

/// A hand-over.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) id: HandoverId,
    pub(super) caller: String,
    pub(super) request: HandOver,
    pub(super) accepted_at: DateTime<Utc>,
    pub(super) deadline: DateTime<Utc>,
    pub(super) due_at: DateTime<Utc>,
    pub(super) incident: Option<IncidentId>,
    pub(super) seen: Position,
    pub(super) attempts: Vec<Kept>,
    pub(super) told: u32,
    pub(super) answer: Option<Answer>,
    pub(super) ended_at: Option<DateTime<Utc>>,
}

/// An attempt with what only this service needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    pub(super) attempt: Attempt,
    pub(super) basis: String,
    pub(super) until: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
}

impl Kept {
    /// Whether the target's answer says that the call itself is wrong: the same again would be answered alike.
    pub(super) fn is_final(&self) -> bool {
        is_refusal(self.attempt.status)
    }
}

impl Record {
    /// One that nothing was done for yet.
    pub(super) fn new(caller: &str, request: HandOver, now: DateTime<Utc>, deadline: DateTime<Utc>) -> Self {
        Self {
            id: HandoverId::fresh(),
            caller: caller.to_owned(),
            request,
            accepted_at: now,
            deadline,
            due_at: now,
            incident: None,
            seen: Position(0),
            attempts: Vec::new(),
            told: 0,
            answer: None,
            ended_at: None,
        }
    }

    /// The repetition that was begun and has no outcome yet.
    pub(super) fn in_flight(&self) -> Option<&Kept> {
        self.attempts.last().filter(|last| last.ended_at.is_none())
    }

    /// As its caller sees it.
    pub(super) fn view(&self, notices: Vec<Notice>) -> Handover {
        let state = match (&self.answer, self.in_flight(), self.incident) {
            (Some(_), _, _) => State::Ended,
            (None, Some(_), _) => State::Retrying,
            (None, None, Some(_)) => State::Healing,
            (None, None, None) => State::Accepted,
        };
        Handover {
            id: self.id,
            target: self.request.target.clone(),
            call: self.request.call.shown(),
            state,
            accepted_at: self.accepted_at,
            deadline: self.deadline,
            incident: self.incident,
            attempts: self.attempts.iter().map(|kept| kept.attempt.clone()).collect(),
            answer: self.answer.clone(),
            notices,
        }
    }
}

/// As the table has it.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = handovers, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
struct HandoverRow {
    id: Uuid,
    caller: String,
    target: String,
    key: String,
    digest: String,
    request: Value,
    accepted_at: DateTime<Utc>,
    deadline: DateTime<Utc>,
    due_at: DateTime<Utc>,
    incident_id: Option<Uuid>,
    seen: i64,
    attempts: Value,
    told: i32,
    answer: Option<Value>,
    ended_at: Option<DateTime<Utc>>,
}

impl TryFrom<HandoverRow> for Record {
    type Error = StoreError;
    fn try_from(row: HandoverRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: HandoverId(row.id),
            caller: row.caller,
            request: serde_json::from_value(row.request).map_err(StoreError::Form)?,
            accepted_at: row.accepted_at,
            deadline: row.deadline,
            due_at: row.due_at,
            incident: row.incident_id.map(IncidentId),
            seen: Position(row.seen),
            attempts: serde_json::from_value(row.attempts).map_err(StoreError::Form)?,
            told: u32::try_from(row.told).unwrap_or_default(),
            answer: row.answer.map(serde_json::from_value).transpose().map_err(StoreError::Form)?,
            ended_at: row.ended_at,
        })
    }
}

/// Keeps a new one.
pub(super) async fn insert(conn: &mut AsyncPgConnection, record: &Record, digest: String) -> Result<(), StoreError> {
    let form = StoreError::Form;
    let row = HandoverRow {
        id: record.id.0,
        caller: record.caller.clone(),
        target: record.request.target.to_string(),
        key: record.request.idempotency_key.as_str().to_owned(),
        digest,
        request: serde_json::to_value(&record.request).map_err(form)?,
        accepted_at: record.accepted_at,
        deadline: record.deadline,
        due_at: record.due_at,
        incident_id: None,
        seen: 0,
        attempts: Value::Array(Vec::new()),
        told: 0,
        answer: None,
        ended_at: None,
    };
    diesel::insert_into(handovers::table).values(row).execute(conn).await?;
    Ok(())
}

/// Keeps what has changed: everything but who it is.
pub(super) async fn update(conn: &mut AsyncPgConnection, record: &Record) -> Result<(), StoreError> {
    let form = StoreError::Form;
    let answer = record.answer.as_ref().map(serde_json::to_value).transpose().map_err(form)?;
    diesel::update(handovers::table.find(record.id.0))
        .set((
            handovers::request.eq(serde_json::to_value(&record.request).map_err(form)?),
            handovers::due_at.eq(record.due_at),
            handovers::incident_id.eq(record.incident.map(|incident| incident.0)),
            handovers::seen.eq(record.seen.0),
            handovers::attempts.eq(serde_json::to_value(&record.attempts).map_err(form)?),
            handovers::told.eq(i32::try_from(record.told).unwrap_or(i32::MAX)),
            handovers::answer.eq(answer),
            handovers::ended_at.eq(record.ended_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// One, kept as it is until the transaction's end; none when somebody else is at it, or there is none.
pub(super) async fn lock(
    conn: &mut AsyncPgConnection,
    id: HandoverId,
    wait: bool,
) -> Result<Option<Record>, StoreError> {
    let row = handovers::table.find(id.0).select(HandoverRow::as_select()).for_update();
    let row: Option<HandoverRow> =
        if wait { row.first(conn).await.optional()? } else { row.skip_locked().first(conn).await.optional()? };
    row.map(Record::try_from).transpose()
}

/// One as it stands.
pub(super) async fn find(conn: &mut AsyncPgConnection, id: HandoverId) -> Result<Option<Record>, StoreError> {
    let row = handovers::table.find(id.0).select(HandoverRow::as_select()).first(conn).await.optional()?;
    row.map(Record::try_from).transpose()
}

/// The one of a caller's key with its request's digest.
pub(super) async fn of_key(
    conn: &mut AsyncPgConnection,
    caller: &str,
    request: &HandOver,
) -> Result<Option<(Record, String)>, StoreError> {
    let row: Option<HandoverRow> = handovers::table
        .filter(handovers::caller.eq(caller))
        .filter(handovers::target.eq(request.target.as_str()))
        .filter(handovers::key.eq(request.idempotency_key.as_str()))
        .select(HandoverRow::as_select())
        .first(conn)
        .await
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let digest = row.digest.clone();
    Ok(Some((Record::try_from(row)?, digest)))
}
