#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
pub mod policy;
pub mod autonomy;
pub mod next;
pub mod relations;
pub mod family;
pub mod intensity;
mod diagnosis;
mod certificate;
pub mod keys;
pub mod task;
pub mod outcome;
mod relief;
pub mod ward;
mod act;
mod journal;
mod worker;
mod work;

pub use settings::Settings;

use anyhow::Context;
use chassis::Stop;
use chassis::auth::Credentials;
use std::net::TcpListener;
use std::sync::Arc;

/// Binds the listener, reads the target catalogue and heals until the word to stop.
///
/// # Errors
/// When the address cannot be bound, the catalogue or a URL is not usable, or a worker died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    let catalogue = chassis::catalogue::load(&settings.targets)?;
    app::serve(listener, &settings, catalogue, credentials, chassis::clock::system(), stop).await
}
