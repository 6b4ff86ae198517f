//! Taking a failed call in: what may be taken, once for each caller, target and key, and not more than there may be.

use super::record::{self, Record};
use crate::app::App;
use crate::error::StoreError;
use crate::schema::handovers;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;
use wire::handover::HandOver;
use wire::target::Catalogue;
use wire::{Digest, redact};

/// One that is taken in waits for the other: they are counted.
const LOCK: i64 = 0x6861_6e64_6f76_6572;
/// An older failure is none of now.
const OLDEST: TimeDelta = TimeDelta::hours(1);
/// How far a caller's clock may be ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

/// Takes it in, or finds the one that was taken in with the same key.
pub(super) async fn accept(app: &App, caller: &str, request: HandOver) -> Result<Record, StoreError> {
    let now = app.store.clock.now();
    check(&app.catalogue, &request, now)?;
    // How it failed may be told in other words when the same call is handed over again.
    let content = serde_json::json!({"call": request.call, "repeatable": request.repeatable});
    let limit = TimeDelta::milliseconds(i64::try_from(app.settings.handover_limit_ms).unwrap_or_default());
    let record = Record::new(caller, without_secrets(request), now, now + limit);
    let settings = &app.settings;
    let (all, of_one, kept) = (settings.handovers, settings.handovers_per_caller, settings.handovers_kept_per_caller);
    let most = Most { all, of_one, kept };
    let digest = Digest::of_json(&content).to_string();
    app.store.write(move |conn| Box::pin(take_in(conn, record, digest, most))).await
}

/// What may be taken, by the target's file.
fn check(catalogue: &Catalogue, request: &HandOver, now: DateTime<Utc>) -> Result<(), StoreError> {
    request.check().map_err(StoreError::Invalid)?;
    let at = request.failure.at;
    if at > now + AHEAD || at < now - OLDEST {
        let (now, oldest) = (now.to_rfc3339(), OLDEST.num_minutes());
        let message = format!("`failure.at` must be within the last {oldest} minutes; here it is {now}");
        return Err(StoreError::Invalid(message));
    }
    let refused = |code, message| Err(StoreError::NotInCatalogue { code, message });
    let name = &request.target;
    let Some(target) = catalogue.get(name) else {
        let known: Vec<String> = catalogue.keys().take(50).map(ToString::to_string).collect();
        let message = format!("no target {name} is in the catalogue; known: {}", known.join(", "));
        return refused("unknown_target", message);
    };
    let Some(handing) = &target.handover else {
        let message = format!(
            "{name} takes no hand-overs: write `[handover]` into its target file, with `base_url` (where calls are \
             repeated) and `paths` (what may be handed over)"
        );
        return refused("handover_not_taken", message);
    };
    handing.takes(&request.call).or_else(|message| refused("handover_not_taken", message))
}

/// What is only for people has no secrets. The call itself is kept as it is until it is answered: it is to be repeated.
fn without_secrets(mut request: HandOver) -> HandOver {
    let error = request.failure.error.take();
    request.failure.error = error.map(|error| redact(&error).into_owned());
    request.failure.trace_parent = crate::journal::trace_of(request.failure.trace_parent.as_deref());
    request
}

struct Most {
    all: usize,
    of_one: usize,
    kept: usize,
}

async fn take_in(
    conn: &mut AsyncPgConnection,
    record: Record,
    digest: String,
    most: Most,
) -> Result<Record, StoreError> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(LOCK).execute(conn).await?;
    if let Some((known, of_known)) = record::of_key(conn, &record.caller, &record.request).await? {
        let key = record.request.idempotency_key.as_str().to_owned();
        return if of_known == digest { Ok(known) } else { Err(StoreError::HandoverConflict(key)) };
    }
    let open = handovers::table.filter(handovers::ended_at.is_null());
    let all: i64 = open.count().get_result(conn).await?;
    let of_one: i64 = open.filter(handovers::caller.eq(&record.caller)).count().get_result(conn).await?;
    for (open, most, whose) in [(of_one, most.of_one, "of this caller"), (all, most.all, "of all callers")] {
        if usize::try_from(open).unwrap_or(usize::MAX) >= most {
            return Err(StoreError::TooManyHandovers { open, whose });
        }
    }
    forget_old(conn, &record.caller, most.kept).await?;
    record::insert(conn, &record, digest).await?;
    Ok(record)
}

/// Forgets a caller's oldest answers beyond so many.
async fn forget_old(conn: &mut AsyncPgConnection, caller: &str, kept: usize) -> Result<(), StoreError> {
    let ended = handovers::table.filter(handovers::caller.eq(caller)).filter(handovers::ended_at.is_not_null());
    let kept = i64::try_from(kept).unwrap_or(i64::MAX);
    let old = ended.order((handovers::ended_at.desc(), handovers::id.desc())).offset(kept).select(handovers::id);
    let old: Vec<Uuid> = old.load(conn).await?;
    if !old.is_empty() {
        diesel::delete(handovers::table.filter(handovers::id.eq_any(old))).execute(conn).await?;
    }
    Ok(())
}
