//! `POST /v1/incidents/{id}/events`: an append under a lease.

use crate::app::App;
use crate::error::StoreError;
use crate::healing;
use crate::journal::{self, Entry, OWN_KEYS};
use crate::leases::{self, Held, check_lease};
use crate::rows::{self, EventRow};
use crate::schema::{incident_events, incidents};
use actix_web::{HttpResponse, web};
use chassis::Reply;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use wire::event::{Append, Body, Event};
use wire::incident::Incident;
use wire::{Epoch, IncidentId};

/// The bound of an idempotency key, bytes.
const MAX_KEY: usize = 200;

pub(crate) async fn append_event(
    app: web::Data<App>,
    id: web::Path<IncidentId>,
    append: web::Json<Append>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let (id, append) = (id.into_inner(), append.into_inner());
    check_form(&append)?;
    let body = journal::normalised(&append.body)?;
    let append = Append { body, ..append };
    let now = app.store.clock.now();
    let (event, written) = app.store.write(move |conn| Box::pin(write(conn, id, append, now))).await?;
    if let Some(incident) = &written {
        app.cooldown.take_in(incident).await;
    }
    Ok(if written.is_some() { HttpResponse::Created().json(event) } else { HttpResponse::Ok().json(event) })
}

/// The event, and the incident after it when it was written now.
async fn write(
    conn: &mut AsyncPgConnection,
    id: IncidentId,
    append: Append,
    now: DateTime<Utc>,
) -> Result<(Event, Option<Incident>), StoreError> {
    let incident = lock(conn, id).await?;
    let first = incident_events::table
        .filter(incident_events::incident_id.eq(id.0))
        .filter(incident_events::key.eq(&append.key))
        .select(EventRow::as_select())
        .first(conn)
        .await
        .optional()?;
    if let Some(first) = first {
        let first = Event::try_from(first)?;
        return if first.body == append.body { Ok((first, None)) } else { Err(StoreError::KeyConflict(append.key)) };
    }
    let lease = leases::held(conn, id).await?;
    let epoch = healing::read(conn).await?.epoch;
    decide_append(&incident, lease.as_ref(), epoch, &append, now)?;
    let trace_parent = journal::trace_of(append.trace_parent.as_deref()).or_else(chassis::telemetry::trace_parent);
    let entry = Entry { key: append.key, body: append.body, trace_parent, at: now };
    let (incident, event) = journal::append(conn, &incident, entry).await?;
    leases::saw(conn, id, event.position).await?;
    Ok((event, Some(incident)))
}

/// The incident as it stands, kept so until the transaction's end.
pub(crate) async fn lock(conn: &mut AsyncPgConnection, id: IncidentId) -> Result<Incident, StoreError> {
    let row = incidents::table.find(id.0).select(incidents::state).for_update();
    let state = row.first::<Value>(conn).await.optional()?;
    rows::incident(state.ok_or(StoreError::NoIncident(id))?)
}

/// What an append must be, whatever the journal says.
fn check_form(append: &Append) -> Result<(), StoreError> {
    let invalid = |message: String| Err(StoreError::Invalid(message));
    let (key, kind) = (append.key.as_str(), append.body.kind());
    if key.is_empty() || key.len() > MAX_KEY || key.chars().any(char::is_control) {
        return invalid(format!("`key` must be 1 to {MAX_KEY} bytes without control characters"));
    }
    if key.starts_with(OWN_KEYS) {
        return invalid(format!("keys that begin with {OWN_KEYS:?} are the store's own"));
    }
    match append.body {
        Body::Unknown => invalid("`kind` is not one that this version knows".to_owned()),
        Body::Detected { .. } | Body::Occurred { .. } | Body::Reopened { .. } | Body::Archived { .. } => {
            invalid(format!("`{kind}` is written by the store only"))
        }
        Body::Approved { .. }
        | Body::ApprovalRejected { .. }
        | Body::ResolvedByPerson { .. }
        | Body::DismissedByPerson { .. }
        | Body::Retried { .. } => {
            invalid(format!("`{kind}` is a person's word: it is said under {}", wire::paths::DEVELOPER))
        }
        _ => Ok(()),
    }
}

/// Whether an append may be tried: the epoch first, since a reset ends everything; then the lease; then the place.
/// Whether the event fits is `wire::apply`'s to say.
fn decide_append(
    incident: &Incident,
    lease: Option<&Held>,
    epoch: Epoch,
    append: &Append,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    check_lease(incident.epoch, lease, epoch, append.fence, now)?;
    if append.position != incident.position.next() {
        return Err(StoreError::PositionConflict(incident.position));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::incident;
    use chassis::ApiError;
    use chrono::TimeDelta;
    use wire::{Fence, Position};

    fn append(position: i64, fence: i64) -> Append {
        let body = Body::Suppressed { why: "a cooldown".into() };
        Append { position: Position(position), fence: Fence(fence), key: "k".into(), body, trace_parent: None }
    }

    #[track_caller]
    fn check(epoch: i64, lease: Option<(i64, i64)>, append: &Append, wanted: &str) {
        let now = incident().detected_at;
        let held = lease.map(|(fence, left)| Held {
            fence: Fence(fence),
            epoch: Epoch(1),
            seen: Position(1),
            expires_at: now + TimeDelta::seconds(left),
        });
        let got = decide_append(&incident(), held.as_ref(), Epoch(epoch), append, now);
        assert_eq!(got.map_or_else(|error| error.code(), |()| "ok"), wanted);
    }

    #[test]
    fn an_append_needs_the_epoch_then_the_live_lease_then_the_next_place() {
        check(1, Some((7, 1)), &append(2, 7), "ok");
        check(2, Some((7, 1)), &append(2, 7), "epoch_stale");
        check(1, None, &append(2, 7), "fence_stale");
        check(1, Some((8, 1)), &append(2, 7), "fence_stale");
        check(1, Some((7, 0)), &append(2, 7), "fence_stale");
        check(1, Some((7, 1)), &append(1, 7), "position_conflict");
        check(1, Some((7, 1)), &append(3, 7), "position_conflict");
    }

    #[test]
    fn nobody_else_uses_the_stores_keys_or_kinds() {
        let with = |key: &str, body: Body| check_form(&Append { key: key.into(), body, ..append(2, 7) });
        let fine = || Body::Suppressed { why: String::new() };
        assert!(with("push-1/started", fine()).is_ok());
        for key in ["", "store:detected", "a\nb", &"x".repeat(201)] {
            assert!(with(key, fine()).is_err(), "{key:?}");
        }
        assert!(with("k", Body::Unknown).is_err());
        assert!(with("k", Body::Archived { epoch: Epoch(2) }).is_err());
    }
}
