#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
mod pages;
mod detections;
mod incidents;
mod append;
mod journal;
mod feed;
mod leases;
mod cooldown;
mod people;
mod handovers;
mod healing;
mod reset;
mod overview;
mod detail;
mod story;
pub mod stream;
mod sessions;
mod recovery;
mod store;
mod news;
mod error;
mod rows;
mod relatives;
mod remedies;
mod schema;
#[cfg(test)]
mod testing;

pub use settings::Settings;

use anyhow::Context;
use chassis::auth::Credentials;
use chassis::settings::{SettingsError, secret};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

/// Runs the service until the word to stop.
///
/// # Errors
/// When a secret, the catalogue or the address cannot be used, or a task died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: chassis::Stop) -> anyhow::Result<()> {
    let catalogue =
        chassis::catalogue::load(Path::new(&settings.targets)).context("cannot load the target catalogue")?;
    let database_url = secret("DATABASE_URL")?;
    let redis_url = match secret("REDIS_URL") {
        Ok(url) => Some(url),
        Err(SettingsError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    tracing::info!(?settings, redis = redis_url.is_some(), targets = catalogue.len(), "starting");
    let clock = chassis::clock::system();
    let parts = app::Parts { settings, credentials, database_url, redis_url, catalogue, clock };
    app::serve(listener, parts, stop).await
}
