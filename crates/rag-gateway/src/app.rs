//! The server with its routes, and the task that brings the schema up to date.

use crate::Gateway;
use crate::routes;
use actix_web::web;
use chassis::Stop;
use chassis::auth::{Allow, Credentials, Role};
use chassis::server::{Server, other_method};
use std::net::TcpListener;
use std::sync::Arc;
use wire::{Service, paths};

const PEOPLE: &[Role] = &[Role::Operator];
const CALLERS: &[Role] = &[Role::Service(Service::Healer), Role::Operator];

/// Serves until the word to stop.
///
/// # Errors
/// When the listener cannot be used, or a task died.
pub async fn serve(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    credentials: Arc<Credentials>,
    stop: Stop,
) -> anyhow::Result<()> {
    let (preparing, word) = (Arc::clone(&gateway), stop.clone());
    stop.spawn("prepare", async move {
        tokio::select! {
            () = preparing.prepare() => {}
            () = word.requested() => {}
        }
    });
    stop.spawn("vectors", Arc::clone(&gateway).give_vectors(stop.clone()));
    stop.spawn("backboard", Arc::clone(&gateway).keep_backboard_up(stop.clone()));
    let state = web::Data::from(gateway);
    Server::new(Service::RagGateway, credentials)
        .serve(listener, stop, move |config| mount(config, state.clone()))
        .await
}

fn mount(config: &mut web::ServiceConfig, state: web::Data<Gateway>) {
    let resource = |path: &str, route: actix_web::Route| {
        web::resource(path.to_owned()).route(route).default_service(web::to(other_method)).wrap(Allow(CALLERS))
    };
    config
        .app_data(state)
        .route(paths::READY, web::get().to(routes::tell_readiness))
        .service(resource(paths::PLANS, web::post().to(routes::make_plan)))
        .service(resource(&format!("{}/{{incident}}", paths::LESSONS), web::put().to(routes::learn_lesson)))
        .service(resource(paths::DOCUMENTS, web::get().to(routes::list_documents)))
        .service(resource(paths::SEED, web::post().to(routes::seed_documents)))
        .service(
            resource(&format!("{}/{{id}}", paths::DOCUMENTS), web::get().to(routes::show_document))
                .route(web::delete().to(routes::withdraw_document).wrap(Allow(PEOPLE))),
        )
        .service(resource(paths::SEARCH, web::post().to(routes::search_documents)))
        .service(resource(paths::STATUS, web::get().to(routes::tell_status)));
}
