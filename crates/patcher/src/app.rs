//! Puts the service together and serves it.

use crate::patcher::Patcher;
use crate::planner::Keys;
use crate::routes;
use crate::settings::Settings;
use actix_web::web;
use anyhow::Context;
use chassis::Stop;
use chassis::auth::Credentials;
use chassis::operations::Operations;
use chassis::server::Server;
use std::net::TcpListener;
use std::sync::Arc;
use wire::Service;

/// Runs the service until the word to stop.
///
/// # Errors
/// When the settings cannot be used, the port is taken, or a task died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let listen = &settings.listen;
    let listener = TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    tracing::info!(?settings, "settings");
    let catalogue = chassis::catalogue::load(&settings.targets)?;
    let keys = Keys::load()?;
    let patcher = Patcher::new(&settings, &keys, catalogue, Arc::clone(&credentials), chassis::clock::system())?;
    serve(listener, Arc::new(patcher), credentials, stop).await
}

/// Serves a patcher on a listener until the word to stop.
///
/// # Errors
/// When the listener cannot be used, or a task died.
pub async fn serve(
    listener: TcpListener,
    patcher: Arc<Patcher>,
    credentials: Arc<Credentials>,
    stop: Stop,
) -> anyhow::Result<()> {
    let operations = web::Data::new(Operations::<serde_json::Value>::new(patcher.clock(), stop.clone()));
    let patcher = web::Data::from(patcher);
    let server = Server::new(Service::Patcher, credentials);
    let routes = move |config: &mut web::ServiceConfig| {
        config.app_data(patcher.clone()).app_data(operations.clone()).configure(routes::configure);
    };
    server.serve(listener, stop, routes).await
}
