//! Every route and who may use it.

use crate::app::App;
use crate::error::StoreError;
use crate::sessions::{self, PEOPLE, guard};
use crate::{
    append, detail, detections, feed, handovers, healing, incidents, leases, overview, pages, people, relatives,
    remedies, reset, stream,
};
use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};
use chassis::Reply;
use chassis::auth::{Allow, Role};
use chassis::server::other_method;
use diesel_async::RunQueryDsl;
use std::time::Duration;
use wire::{Service, paths};

const INGEST: Allow = Allow(&[Role::Ingest]);
const HEALER: Allow = Allow(&[Role::Service(Service::Healer)]);
const READERS: Allow = Allow(&[Role::Operator, Role::Service(Service::Healer)]);
const HANDERS: Allow = Allow(&[Role::HandOver, Role::Operator]);
/// The notifier reads the feed, and the incidents that it tells of.
const FOLLOWERS: Allow = Allow(&[Role::Operator, Role::Service(Service::Healer), Role::Service(Service::Notifier)]);
const OPERATORS: &[Role] = &[Role::Operator];

/// How long `/readyz` waits for the database.
const READY_LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn configure(cfg: &mut ServiceConfig, app: &web::Data<App>) {
    cfg.app_data(app.clone())
        .configure(services)
        .configure(developer)
        .configure(pages::configure)
        .service(resource(paths::READY).route(web::get().to(read_readiness)));
}

/// What other services ask.
fn services(cfg: &mut ServiceConfig) {
    let (incident, lease) = (format!("{}/{{id}}", paths::INCIDENTS), format!("{}/{{id}}", paths::LEASES));
    cfg.service(resource(paths::DETECTIONS).route(web::post().to(detections::post_detection)).wrap(INGEST))
        .service(resource(paths::INCIDENTS).route(web::get().to(incidents::list_incidents)).wrap(READERS))
        .service(resource(&incident).route(web::get().to(incidents::read_incident)).wrap(FOLLOWERS))
        .service(
            resource(&format!("{incident}/events"))
                .route(web::get().to(incidents::read_journal))
                .route(web::post().to(append::append_event).wrap(HEALER))
                .wrap(READERS),
        )
        .service(resource(paths::OPEN_INCIDENTS).route(web::get().to(relatives::list_open)).wrap(READERS))
        .service(
            resource(&format!("{}/{{target}}", paths::REMEDIES))
                .route(web::get().to(remedies::list_recent))
                .wrap(READERS),
        )
        .service(resource(paths::OPERATIONS).route(web::post().to(handovers::post_handover)).wrap(HANDERS))
        .service(
            resource(&format!("{}/{{id}}", paths::OPERATIONS))
                .route(web::get().to(handovers::read_handover))
                .wrap(HANDERS),
        )
        .service(resource(paths::EVENTS).route(web::get().to(feed::read_feed)).wrap(FOLLOWERS))
        .service(resource(paths::LEASES).route(web::post().to(leases::take_lease)).wrap(HEALER))
        .service(resource(&format!("{lease}/renew")).route(web::post().to(leases::renew_lease)).wrap(HEALER))
        .service(resource(&format!("{lease}/release")).route(web::post().to(leases::release_lease)).wrap(HEALER));
}

/// What people ask, with a token or a session.
fn developer(cfg: &mut ServiceConfig) {
    let session = web::resource(paths::SESSION)
        .route(web::post().to(sessions::begin_session))
        .route(web::get().to(sessions::read_session).wrap(from_fn(|req, next| guard::admit(PEOPLE, req, next))))
        .route(web::delete().to(sessions::end_session).wrap(from_fn(|req, next| guard::admit(PEOPLE, req, next))))
        .default_service(web::to(other_method))
        .wrap(from_fn(guard::harden));
    cfg.service(session)
        .service(person("/reset", web::post().to(reset::post_reset), OPERATORS))
        .service(person("/pause", web::post().to(healing::pause), OPERATORS))
        .service(person("/resume", web::post().to(healing::resume), OPERATORS))
        .service(person("/state", web::get().to(healing::read_state), PEOPLE))
        .service(person("/api/healing", web::get().to(healing::read_state), PEOPLE))
        .service(person("/api/data", web::get().to(overview::read_overview), PEOPLE))
        .service(person("/api/stream", web::get().to(stream::open_stream), PEOPLE))
        .service(person("/api/stream/stats", web::get().to(stream::read_stats), PEOPLE))
        .service(person("/api/incidents/{id}", web::get().to(detail::read_detail), PEOPLE))
        .service(person("/api/incidents/{id}/approve", web::post().to(people::approve), PEOPLE))
        .service(person("/api/incidents/{id}/reject", web::post().to(people::reject), PEOPLE))
        .service(person("/api/incidents/{id}/resolve", web::post().to(people::resolve), PEOPLE))
        .service(person("/api/incidents/{id}/dismiss", web::post().to(people::dismiss), PEOPLE))
        .service(person("/api/incidents/{id}/retry", web::post().to(people::retry), PEOPLE));
}

fn person(path: &str, route: Route, roles: &'static [Role]) -> impl HttpServiceFactory + 'static {
    resource(&format!("{}{path}", paths::DEVELOPER))
        .route(route)
        .wrap(from_fn(move |req, next| guard::admit(roles, req, next)))
        .wrap(from_fn(guard::harden))
}

fn resource(path: &str) -> Resource {
    web::resource(path.to_owned()).default_service(web::to(other_method))
}

/// Ready when the schema is there and the database answers.
async fn read_readiness(app: web::Data<App>) -> Result<HttpResponse, Reply<StoreError>> {
    let ask = app.store.read(|conn| {
        Box::pin(async move {
            diesel::sql_query("SELECT 1").execute(conn).await?;
            Ok(())
        })
    });
    tokio::time::timeout(READY_LIMIT, ask).await.unwrap_or(Err(StoreError::TooSlow))?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "ok": true })))
}
