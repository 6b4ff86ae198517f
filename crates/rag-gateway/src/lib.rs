#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
pub mod routes;
pub mod gateway;
pub mod memory;
pub mod catch_up;
pub mod withdraw;
pub mod document;
pub mod knowledge;
pub mod passages;
pub mod retrieve;
pub mod index;
pub mod calibration;
pub mod meaning;
pub mod backboard;
mod find;
pub mod plan;
pub mod check;
mod options;
mod cause;
pub mod track;
pub mod store;
pub mod quality;
mod envelope;
mod schema;
mod terms;

pub use gateway::Gateway;
pub use settings::{Secrets, Settings};

use anyhow::Context;
use chassis::Stop;
use chassis::auth::Credentials;
use std::net::TcpListener;
use std::sync::Arc;

/// Runs the service until the word to stop.
///
/// # Errors
/// When a setting, a secret, the knowledge folder or the address cannot be used, or a task died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let settings = settings.with_environment();
    let gateway = Gateway::open(&settings, Secrets::load(&settings)?, chassis::clock::system())?;
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    app::serve(listener, gateway, credentials, stop).await
}
