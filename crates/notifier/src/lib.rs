#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
mod follow;
pub mod message;
mod deliver;
mod pace;
mod webhook;
mod ledger;
mod schema;

pub use ledger::MIGRATIONS;
pub use settings::{Hook, Settings};

use anyhow::Context;
use chassis::Stop;
use chassis::auth::Credentials;
use std::net::TcpListener;
use std::sync::Arc;

/// Runs the service until the word to stop.
///
/// # Errors
/// When a setting, a secret or the address cannot be used, or a task died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let database = chassis::settings::secret("DATABASE_URL")?;
    let hook = Hook::load()?;
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    app::serve(listener, &settings, hook, database, credentials, chassis::clock::system(), stop).await
}
