#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
mod callback;
mod instance;
mod course;
mod plan;
mod pipeline;
mod duty;
mod hang;
mod bake;
mod site;
mod ledger;
mod branch;
mod artefact;
mod launch;
mod process;
mod reliefs;
mod route_table;
mod traffic;
mod verify;

pub use settings::Settings;

use anyhow::Context;
use chassis::Stop;
use chassis::auth::Credentials;
use std::net::TcpListener;
use std::sync::Arc;

/// Runs the service until the word to stop. What it has started goes on running.
///
/// # Errors
/// When a setting cannot be used, the port is taken, the database does not answer, or a task died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let database = chassis::settings::secret("DATABASE_URL")?;
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    app::serve(listener, settings, database, credentials, stop).await
}
