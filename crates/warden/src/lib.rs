#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
mod routes;
mod authority;
mod keeper;
mod kind;
mod ward;

pub use settings::Settings;

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
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    app::serve(listener, settings, credentials, chassis::clock::system(), stop).await
}
