#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
pub mod routes;
pub mod table;
pub mod current;
pub mod watch;
pub mod proxy;
pub mod error;
pub mod upstream;
pub mod body;
pub mod headers;
pub mod stats;
pub mod ease;
pub mod answered;
pub mod breaker;
pub mod kept;
pub mod worth;
pub mod keeping;
pub mod relieve;
pub mod record;
pub mod witness;

pub use app::Front;
pub use settings::Settings;

use anyhow::Context;
use chassis::Stop;
use chassis::auth::Credentials;
use std::net::TcpListener;
use std::sync::Arc;

/// Runs the service until the word to stop.
///
/// # Errors
/// When a setting or the address cannot be used, or a task died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let front = Front::open(&settings)?;
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    app::serve(listener, front, credentials, stop).await
}
