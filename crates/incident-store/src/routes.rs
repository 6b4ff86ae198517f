//! Every route and who may use it.

use crate::app::App;
use crate::error::StoreError;
use crate::{append, detections, feed, healing, incidents, leases, pages, reset};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};
use chassis::Reply;
use chassis::auth::{Allow, Role};
use chassis::server::other_method;
use diesel_async::RunQueryDsl;
use std::time::Duration;
use wire::{Service, paths};

const INGEST: Allow = Allow(&[Role::Ingest]);
const HEALER: Allow = Allow(&[Role::Service(Service::Healer)]);
const READERS: Allow =
    Allow(&[Role::Operator, Role::Service(Service::Healer), Role::Service(Service::Notifier)]);
const OPERATORS: Allow = Allow(&[Role::Operator]);

/// How long `/readyz` waits for the database.
const READY_LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn configure(cfg: &mut ServiceConfig, app: &web::Data<App>) {
    let (incident, lease) = (format!("{}/{{id}}", paths::INCIDENTS), format!("{}/{{id}}", paths::LEASES));
    let developer = |path: &str| resource(&format!("{}{path}", paths::DEVELOPER));
    pages::configure(cfg);
    cfg.app_data(app.clone())
        .service(resource(paths::READY).route(web::get().to(read_readiness)))
        .service(resource(paths::DETECTIONS).route(web::post().to(detections::post_detection)).wrap(INGEST))
        .service(resource(paths::INCIDENTS).route(web::get().to(incidents::list_incidents)).wrap(READERS))
        .service(resource(&incident).route(web::get().to(incidents::read_incident)).wrap(READERS))
        .service(
            resource(&format!("{incident}/events"))
                .route(web::get().to(incidents::read_journal))
                .route(web::post().to(append::append_event).wrap(HEALER))
                .wrap(READERS),
        )
        .service(resource(paths::EVENTS).route(web::get().to(feed::read_feed)).wrap(READERS))
        .service(resource(paths::LEASES).route(web::post().to(leases::take_lease)).wrap(HEALER))
        .service(resource(&format!("{lease}/renew")).route(web::post().to(leases::renew_lease)).wrap(HEALER))
        .service(resource(&format!("{lease}/release")).route(web::post().to(leases::release_lease)).wrap(HEALER))
        .service(developer("/reset").route(web::post().to(reset::post_reset)).wrap(OPERATORS))
        .service(developer("/pause").route(web::post().to(healing::pause)).wrap(OPERATORS))
        .service(developer("/resume").route(web::post().to(healing::resume)).wrap(OPERATORS))
        .service(developer("/state").route(web::get().to(healing::read_state)).wrap(OPERATORS))
        .service(developer("/api/data").route(web::get().to(healing::read_overview)).wrap(OPERATORS));
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
