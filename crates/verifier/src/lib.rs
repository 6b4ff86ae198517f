#![doc = include_str!("../README.md")]

pub mod settings;
pub mod app;
pub mod routes;
pub mod error;
pub mod targets;
pub mod admit;
pub mod trial;
pub mod minimise;
pub mod baseline;
pub mod healthy;
pub mod build;
pub mod candidate;
pub mod double;
pub mod replay;
pub mod endpoint;
pub mod standing;
pub mod nonce;
pub mod sequential;
pub mod gates;
pub mod witness;
pub mod jobs;
pub mod workshop;
pub mod mirror;
pub mod checkout;
pub mod artefacts;
pub mod sandbox;

pub use sandbox::hidden::dispatch;
pub use settings::Settings;

use anyhow::Context;
use chassis::Stop;
use chassis::auth::Credentials;
use std::net::TcpListener;
use std::sync::Arc;

/// Runs the service until the word to stop.
///
/// # Errors
/// When the folders, targets or listener cannot be used, or a task died.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let listen = &settings.listen;
    let listener = TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    app::serve(listener, settings, credentials, chassis::clock::system(), stop).await
}
