//! Leases: who moves which incident, for how long, and under which fence.

mod grant;

use crate::app::App;
use crate::error::StoreError;
use crate::schema::{incidents, leases};
use crate::{append, healing};
use actix_web::{HttpResponse, web};
use chassis::Reply;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::time::Duration;
use wire::lease::{LeaseRequest, Release, Renew};
use wire::{Epoch, Fence, IncidentId, Position};

/// Bounds of a lease, milliseconds.
const TTL_MS: std::ops::RangeInclusive<u64> = 500..=120_000;
/// The longest wait for one, milliseconds.
const MAX_WAIT_MS: u64 = 30_000;
/// The bound of a holder's name, bytes.
const MAX_HOLDER: usize = 128;
/// How far ahead a next move may lie.
const MAX_WAKE: TimeDelta = TimeDelta::days(31);

/// A lease as the table has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) fence: Fence,
    pub(crate) epoch: Epoch,
    /// The last position that the holder knows.
    pub(crate) seen: Position,
    pub(crate) expires_at: DateTime<Utc>,
}

pub(crate) async fn take_lease(
    app: web::Data<App>,
    request: web::Json<LeaseRequest>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let LeaseRequest { holder, ttl_ms, wait_ms } = request.into_inner();
    let ttl = check_ttl(ttl_ms)?;
    if holder.is_empty() || holder.len() > MAX_HOLDER || holder.chars().any(char::is_control) {
        let message = format!("`holder` must be 1 to {MAX_HOLDER} bytes without control characters");
        return Err(StoreError::Invalid(message).into());
    }
    if wait_ms > MAX_WAIT_MS {
        return Err(StoreError::Invalid(format!("`wait_ms` must be at most {MAX_WAIT_MS}")).into());
    }
    let look = async || {
        let (holder, now) = (holder.clone(), app.store.clock.now());
        app.store.read(move |conn| Box::pin(grant::look(conn, holder, ttl, now))).await
    };
    let lease = app.store.wait_for(Duration::from_millis(wait_ms), look).await?;
    Ok(lease.map_or_else(|| HttpResponse::NoContent().finish(), |lease| HttpResponse::Ok().json(lease)))
}

pub(crate) async fn renew_lease(
    app: web::Data<App>,
    id: web::Path<IncidentId>,
    renew: web::Json<Renew>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let (id, renew, now) = (id.into_inner(), renew.into_inner(), app.store.clock.now());
    let expires_at = now + check_ttl(renew.ttl_ms)?;
    let work = app.store.read(move |conn| {
        Box::pin(async move {
            own(conn, id, renew.fence, now).await?;
            diesel::update(leases::table.find(id.0)).set(leases::expires_at.eq(expires_at)).execute(conn).await?;
            Ok(())
        })
    });
    work.await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) async fn release_lease(
    app: web::Data<App>,
    id: web::Path<IncidentId>,
    release: web::Json<Release>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let (id, release, now) = (id.into_inner(), release.into_inner(), app.store.clock.now());
    if release.wake_at.is_some_and(|wake_at| wake_at > now + MAX_WAKE) {
        return Err(StoreError::Invalid(format!("`wake_at` must be within {} days", MAX_WAKE.num_days())).into());
    }
    let wake_at = release.wake_at.filter(|wake_at| *wake_at > now);
    let work = app.store.write(move |conn| {
        Box::pin(async move {
            let (position, held) = own(conn, id, release.fence, now).await?;
            // What happened after the holder last looked wants a move, whatever the holder thinks.
            if position <= release.seen.unwrap_or(held.seen) {
                let hints = (incidents::wake_at.eq(wake_at), incidents::done.eq(release.done));
                diesel::update(incidents::table.find(id.0)).set(hints).execute(conn).await?;
            }
            diesel::delete(leases::table.find(id.0)).execute(conn).await?;
            Ok(())
        })
    });
    work.await?;
    Ok(HttpResponse::NoContent().finish())
}

fn check_ttl(ttl_ms: u64) -> Result<TimeDelta, StoreError> {
    let ttl = TTL_MS.contains(&ttl_ms).then(|| i64::try_from(ttl_ms).map(TimeDelta::milliseconds));
    ttl.and_then(Result::ok)
        .ok_or_else(|| StoreError::Invalid(format!("`ttl_ms` must be {} to {}", TTL_MS.start(), TTL_MS.end())))
}

/// The incident's position and the lease, when the fence is the live one. Locks the incident.
async fn own(
    conn: &mut AsyncPgConnection,
    id: IncidentId,
    fence: Fence,
    now: DateTime<Utc>,
) -> Result<(Position, Held), StoreError> {
    let incident = append::lock(conn, id).await?;
    let (lease, epoch) = (held(conn, id).await?, healing::read(conn).await?.epoch);
    let held = check_lease(incident.epoch, lease.as_ref(), epoch, fence, now)?;
    Ok((incident.position, held))
}

/// The incident's lease, live or not.
pub(crate) async fn held(conn: &mut AsyncPgConnection, id: IncidentId) -> Result<Option<Held>, StoreError> {
    let row = leases::table
        .find(id.0)
        .select((leases::fence, leases::epoch, leases::seen, leases::expires_at))
        .first::<(i64, i64, i64, DateTime<Utc>)>(conn)
        .await
        .optional()?;
    Ok(row.map(|(fence, epoch, seen, expires_at)| Held {
        fence: Fence(fence),
        epoch: Epoch(epoch),
        seen: Position(seen),
        expires_at,
    }))
}

/// The holder has written, so it knows the journal up to there.
pub(crate) async fn saw(conn: &mut AsyncPgConnection, id: IncidentId, seen: Position) -> Result<(), StoreError> {
    diesel::update(leases::table.find(id.0)).set(leases::seen.eq(seen.0)).execute(conn).await?;
    Ok(())
}

/// Whether a fence is the live lease's, in the epoch in force. Pure.
pub(crate) fn check_lease(
    incident: Epoch,
    lease: Option<&Held>,
    epoch: Epoch,
    fence: Fence,
    now: DateTime<Utc>,
) -> Result<Held, StoreError> {
    if incident != epoch || lease.is_some_and(|lease| lease.fence == fence && lease.epoch != epoch) {
        return Err(StoreError::EpochStale);
    }
    let live = lease.copied().filter(|lease| lease.fence == fence && lease.expires_at > now);
    live.ok_or(StoreError::FenceStale)
}
