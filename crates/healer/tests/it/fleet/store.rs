//! `incident-store`, as far as a healer sees it.

use super::Ground;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chassis::auth::{Allow, Role};
use chassis::error::respond;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::event::Append;
use wire::lease::{Lease, LeaseRequest, Release, Renew};
use wire::problem::code;
use wire::remedies::RecentRemedies;
use wire::{Authority, Fence, Service, paths};

type Shared = web::Data<Ground>;

const HEALER: &[Role] = &[Role::Service(Service::Healer)];

pub(crate) fn configure(config: &mut web::ServiceConfig, ground: &Arc<Ground>) {
    let leases = web::scope(paths::LEASES)
        .wrap(Allow(HEALER))
        .route("", web::post().to(lease))
        .route("/{incident}/renew", web::post().to(renew))
        .route("/{incident}/release", web::post().to(release));
    let incidents = web::scope(paths::INCIDENTS)
        .wrap(Allow(HEALER))
        .route("/{incident}", web::get().to(incident))
        .route("/{incident}/events", web::post().to(append));
    let remedies = web::scope(paths::REMEDIES).wrap(Allow(HEALER)).route("/{target}", web::get().to(remedies));
    config.app_data(web::Data::from(Arc::clone(ground))).service(leases).service(incidents).service(remedies);
}

fn away(ground: &Ground) -> Option<HttpResponse> {
    let away = ground.is_away(Service::IncidentStore);
    away.then(|| respond(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, "away"))
}

fn conflict(code: &str) -> HttpResponse {
    respond(StatusCode::CONFLICT, code, "as it stands")
}

async fn remedies(ground: Shared) -> HttpResponse {
    let remedies = ground.store().recent.clone();
    away(&ground).unwrap_or_else(|| HttpResponse::Ok().json(RecentRemedies { remedies }))
}

async fn lease(ground: Shared, request: web::Json<LeaseRequest>) -> HttpResponse {
    if let Some(away) = away(&ground) {
        return away;
    }
    ground.store().lease_calls += 1;
    let until = Instant::now() + Duration::from_millis(request.wait_ms.min(1_000));
    while Instant::now() < until {
        if let Some(lease) = grant(&ground, request.ttl_ms) {
            return HttpResponse::Ok().json(lease);
        }
        let _news = tokio::time::timeout(Duration::from_millis(20), ground.changed.notified()).await;
    }
    HttpResponse::NoContent().finish()
}

fn grant(ground: &Ground, ttl_ms: u64) -> Option<Lease> {
    let mut world = ground.world();
    let mut store = ground.store();
    let held = store.lease.is_some_and(|(_, until)| Instant::now() < until);
    // A lease that ran out is followed by the next, whatever its holder wanted.
    let due = store.due || store.lease.is_some();
    if held || !due {
        return None;
    }
    let authority: Authority = world.store.grant();
    store.lease = Some((authority.fence, Instant::now() + Duration::from_millis(ttl_ms)));
    store.granted += 1;
    Some(Lease { incident: world.store.incident.clone(), authority, expires_at: world.store.now })
}

/// The lease, if it is this one and not over.
fn holds(ground: &Ground, fence: Fence) -> bool {
    ground.store().lease.is_some_and(|(held, until)| held == fence && Instant::now() < until)
}

async fn renew(ground: Shared, renew: web::Json<Renew>) -> HttpResponse {
    if let Some(away) = away(&ground) {
        return away;
    }
    if !holds(&ground, renew.fence) {
        return conflict(code::FENCE_STALE);
    }
    let mut store = ground.store();
    store.lease = Some((renew.fence, Instant::now() + Duration::from_millis(renew.ttl_ms)));
    store.renewals += 1;
    HttpResponse::Ok().json(serde_json::json!({}))
}

async fn release(ground: Shared, release: web::Json<Release>) -> HttpResponse {
    if let Some(away) = away(&ground) {
        return away;
    }
    if !holds(&ground, release.fence) {
        return conflict(code::FENCE_STALE);
    }
    let mut world = ground.world();
    world.store.revoke();
    let mut store = ground.store();
    if let Some(wake_at) = release.wake_at {
        world.store.now = world.store.now.max(wake_at);
    }
    store.due = release.wake_at.is_some() || release.seen.is_some_and(|seen| seen < world.store.incident.position);
    store.lease = None;
    store.releases.push(release.into_inner());
    ground.changed.notify_waiters();
    HttpResponse::Ok().json(serde_json::json!({}))
}

async fn append(ground: Shared, append: web::Json<Append>) -> HttpResponse {
    if let Some(away) = away(&ground) {
        return away;
    }
    if !holds(&ground, append.fence) {
        ground.store().refused.push(code::FENCE_STALE.to_owned());
        return conflict(code::FENCE_STALE);
    }
    let appended = ground.world().store.append(&append);
    match appended {
        Ok(event) => HttpResponse::Ok().json(event),
        Err(code) => {
            ground.store().refused.push(code.to_owned());
            conflict(code)
        }
    }
}

async fn incident(ground: Shared) -> HttpResponse {
    let away = away(&ground);
    away.unwrap_or_else(|| HttpResponse::Ok().json(&ground.world().store.incident))
}
