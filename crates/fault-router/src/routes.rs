//! The routes.

use crate::desk::Desk;
use crate::push::{Intake, push_logs};
use actix_web::web;
use chassis::auth::{Allow, Role};
use chassis::error::{Plain, Reply};
use chassis::server::other_method;
use std::sync::Arc;
use wire::paths;
use wire::source::Sources;

/// The desks of all targets.
pub(crate) type Desks = Vec<Arc<Desk>>;

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig, desks: web::Data<Desks>, intake: web::Data<Intake>) {
    let logs = web::resource(paths::LOGS).route(web::post().to(push_logs)).default_service(web::to(other_method));
    config
        .app_data(desks)
        .app_data(intake)
        .service(logs.wrap(Allow(&[Role::Ingest])))
        .service(web::resource(paths::SOURCES).route(web::get().to(list_sources)).wrap(Allow(&[Role::Operator])));
}

async fn list_sources(desks: web::Data<Desks>) -> Result<web::Json<Sources>, Reply<Plain>> {
    let targets = web::block(move || desks.iter().map(|desk| desk.source()).collect()).await;
    let targets = targets.map_err(|error| Plain::Unexpected(error.into()))?;
    Ok(web::Json(Sources { targets }))
}
