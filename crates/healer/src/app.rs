//! The service put together: the server and the workers.

use crate::Settings;
use crate::act::Peers;
use crate::relations::Relations;
use crate::routes;
use crate::work::Hands;
use crate::worker::Worker;
use actix_web::web;
use chassis::auth::Credentials;
use chassis::server::Server;
use chassis::{SharedClock, Stop};
use std::net::TcpListener;
use std::sync::Arc;
use wire::Service;
use wire::target::Catalogue;

/// Serves and heals until the word to stop.
///
/// # Errors
/// When a setting or a URL is not usable, or a worker died.
pub async fn serve(
    listener: TcpListener,
    settings: &Settings,
    catalogue: Catalogue,
    credentials: Arc<Credentials>,
    clock: SharedClock,
    stop: Stop,
) -> anyhow::Result<()> {
    settings.check()?;
    let hands = Hands::new(&settings.holder, settings.parallel);
    let worker = Arc::new(Worker {
        peers: Peers::new(settings, &credentials)?,
        relations: Relations::of(&catalogue, settings.relations()),
        catalogue,
        settings: settings.clone(),
        hands: hands.clone(),
        clock,
        stop: stop.clone(),
    });
    for _ in 0..settings.parallel {
        let worker = Arc::clone(&worker);
        stop.spawn("worker", async move { worker.run().await });
    }
    let hands = web::Data::new(hands);
    let server = Server::new(Service::Healer, credentials);
    server.serve(listener, stop, move |config| routes::configure(config.app_data(hands.clone()))).await
}
