//! One look at one hand-over, in one transaction: what is new is told, what is to be done is decided, and kept before it is done.

use super::next::{self, Move, Repetition};
use super::record::{self, Kept, Record};
use super::{belong, diagnosis, tell, told};
use crate::app::App;
use crate::error::StoreError;
use crate::incidents;
use crate::rows::{self, EventRow};
use crate::schema::{incident_events, occurrences};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;
use wire::event::{Body, Event};
use wire::handover::{Answer, Attempt, HandoverId, Outcome};
use wire::incident::Incident;
use wire::plan::Verdict;
use wire::target::{Handing, Target};
use wire::{IncidentId, Position, redact};

/// How many events of a journal are told at once.
const PAGE: i64 = 200;
/// What happened so long before a call was handed over is not told to its caller.
const BEFORE: TimeDelta = TimeDelta::minutes(2);
/// How soon a named occurrence is looked for again.
const SOON: TimeDelta = TimeDelta::milliseconds(100);

/// What is done after it was kept.
pub(super) enum Then {
    Nothing,
    Report(Box<Record>),
    Send(Box<(Record, Handing, Repetition)>),
    Ended(Box<Record>, Outcome),
}

pub(super) async fn decide(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: HandoverId,
    now: DateTime<Utc>,
) -> Result<Then, StoreError> {
    // Somebody else is at it, or it has ended meanwhile.
    let record = record::lock(conn, id, false).await?.filter(|record| record.ended_at.is_none());
    let Some(mut record) = record else { return Ok(Then::Nothing) };
    let incident = read_on(conn, &mut record).await?;
    let word = match &incident {
        Some(incident) => last_word(conn, incident.id).await?,
        None => None,
    };
    let target = app.catalogue.get(&record.request.target);
    let handing = target.and_then(|target| target.handover.clone());
    let timeout = handing.as_ref().map_or(0, |handing| i64::try_from(handing.timeout_ms).unwrap_or_default());
    let timeout = TimeDelta::milliseconds(timeout);
    let is_reported = is_reported(conn, &record).await?;
    let mut then = Then::Nothing;
    match (next::next(&record, incident.as_ref(), verdict(word.as_ref()), is_reported, timeout, now), handing) {
        (Move::Wait(until), _) => record.due_at = until,
        (Move::Find(end), _) => match occurrence(conn, &record).await? {
            Some(incident) => return linked(conn, record, incident, now).await.map(|()| Then::Nothing),
            None => record.due_at = end.min(now + SOON),
        },
        (Move::Report(_), _) if is_refused(target, &record) => {
            let answer = diagnosis::refused(&record);
            end(conn, &mut record, answer, now).await?;
            return Ok(Then::Ended(Box::new(record), Outcome::Failed));
        }
        (Move::Report(again), _) => {
            record.due_at = again;
            then = Then::Report(Box::new(record.clone()));
        }
        (Move::Lose, _) => lose(conn, &mut record, now).await?,
        (Move::Repeat(repetition), Some(handing)) => {
            intend(conn, &mut record, &repetition, now).await?;
            then = Then::Send(Box::new((record.clone(), handing, repetition)));
        }
        (Move::End(outcome), _) => {
            let answer = diagnosis::answer(outcome, &record, incident.as_ref(), word.as_ref());
            end(conn, &mut record, answer, now).await?;
            return Ok(Then::Ended(Box::new(record), outcome));
        }
        // The target file takes none any more.
        (Move::Repeat(_), None) => {
            let answer = diagnosis::answer(Outcome::Failed, &record, incident.as_ref(), word.as_ref());
            end(conn, &mut record, answer, now).await?;
            return Ok(Then::Ended(Box::new(record), Outcome::Failed));
        }
    }
    record::update(conn, &record).await?;
    Ok(then)
}

/// Tells what the journal says beyond what was told. The incident is read after it: what comes between is seen the next time.
async fn read_on(conn: &mut AsyncPgConnection, record: &mut Record) -> Result<Option<Incident>, StoreError> {
    let Some(id) = record.incident else { return Ok(None) };
    let rows: Vec<EventRow> = incident_events::table
        .filter(incident_events::incident_id.eq(id.0))
        .filter(incident_events::position.gt(record.seen.0))
        .order(incident_events::position)
        .limit(PAGE)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    let events = rows::events(rows)?;
    let since = record.accepted_at - BEFORE;
    let told = record.told;
    let of_now = events.iter().filter(|event: &&Event| event.at >= since);
    let notices = of_now.filter_map(|event| tell::of_event(event, told)).collect();
    told::add(conn, record, notices).await?;
    record.seen = events.last().map_or(record.seen, |event| event.position);
    incidents::find(conn, id).await.map(Some)
}

/// What the journal said last that says why it ended, or rests.
async fn last_word(conn: &mut AsyncPgConnection, id: IncidentId) -> Result<Option<Body>, StoreError> {
    let row: Option<EventRow> = incident_events::table
        .filter(incident_events::incident_id.eq(id.0))
        .filter(incident_events::kind.eq_any(["dismissed", "dismissed_by_person", "escalated", "advised"]))
        .order(incident_events::position.desc())
        .select(EventRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Event::try_from).transpose()?.map(|event| event.body))
}

/// Whether there is nothing to report: the target refused the call, and nothing says that it is a fault.
fn is_refused(target: Option<&Target>, record: &Record) -> bool {
    record.incident.is_none() && target.is_some_and(|target| belong::fault_of(target, &record.request).is_none())
}

fn verdict(word: Option<&Body>) -> Option<Verdict> {
    match word {
        Some(Body::Dismissed { verdict, .. } | Body::DismissedByPerson { verdict, .. }) => Some(*verdict),
        _ => None,
    }
}

async fn occurrence(conn: &mut AsyncPgConnection, record: &Record) -> Result<Option<IncidentId>, StoreError> {
    let Some(event) = &record.request.failure.event_id else { return Ok(None) };
    let row = occurrences::table.find((record.request.target.as_str(), event.as_str()));
    let found: Option<Uuid> = row.select(occurrences::incident_id).first(conn).await.optional()?;
    Ok(found.map(IncidentId))
}

/// Whether the failure counts as an occurrence, by its own name or by the one that its caller gave it.
async fn is_reported(conn: &mut AsyncPgConnection, record: &Record) -> Result<bool, StoreError> {
    let named = record.request.failure.event_id.as_ref().map(|event| event.to_string());
    let names = named.into_iter().chain([belong::own_event(record).to_string()]);
    let known = occurrences::table
        .filter(occurrences::target.eq(record.request.target.as_str()))
        .filter(occurrences::event_id.eq_any(names.collect::<Vec<String>>()));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn).await?)
}

/// Brings a hand-over together with its incident, unless that was done.
pub(super) async fn link(
    conn: &mut AsyncPgConnection,
    id: HandoverId,
    incident: IncidentId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    match record::lock(conn, id, true).await? {
        Some(record) if record.incident != Some(incident) && record.ended_at.is_none() => {
            linked(conn, record, incident, now).await
        }
        _ => Ok(()),
    }
}

async fn linked(
    conn: &mut AsyncPgConnection,
    mut record: Record,
    incident: IncidentId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let found = incidents::find(conn, incident).await?;
    (record.incident, record.seen, record.due_at) = (Some(incident), Position(0), now);
    told::add(conn, &mut record, vec![tell::started(&found, now)]).await?;
    record::update(conn, &record).await
}

/// The intention is kept before the call is sent: whoever dies in between has counted it.
async fn intend(
    conn: &mut AsyncPgConnection,
    record: &mut Record,
    repetition: &Repetition,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Repetition { number, mitigated, basis, until, .. } = repetition.clone();
    let attempt = Attempt { number, at: now, mitigated, status: None, error: None, unknown: false };
    let why = if mitigated { "the fault is eased" } else { "the fault is gone" };
    told::add(conn, record, vec![tell::retrying(&attempt, why)]).await?;
    record.attempts.push(Kept { attempt, basis, until, ended_at: None });
    record.due_at = until;
    Ok(())
}

async fn lose(conn: &mut AsyncPgConnection, record: &mut Record, now: DateTime<Utc>) -> Result<(), StoreError> {
    record.due_at = now;
    let Some(last) = record.attempts.last_mut() else { return Ok(()) };
    (last.ended_at, last.attempt.unknown) = (Some(now), true);
    let attempt = last.attempt.clone();
    told::add(conn, record, vec![tell::not_well(&attempt, now)]).await
}

/// Answers. What the call held is not needed any more, and goes.
pub(super) async fn end(
    conn: &mut AsyncPgConnection,
    record: &mut Record,
    answer: Answer,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    told::add(conn, record, vec![tell::ended(&answer, now)]).await?;
    let call = &mut record.request.call;
    call.path = redact(&call.path).into_owned();
    (call.headers, call.body) = Default::default();
    (record.answer, record.ended_at) = (Some(answer), Some(now));
    record::update(conn, record).await
}
