//! The process.

use clap::Parser;
use fault_router::{Arguments, Settings};
use std::time::Duration;
use wire::Service;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let settings: Settings = chassis::settings::load(Service::FaultRouter)?;
    let _telemetry = chassis::telemetry::start(Service::FaultRouter)?;
    let stop = chassis::Stop::on_signal()?;
    tracing::info!(settings = %wire::redact(&format!("{settings:?}")), "starting");
    let credentials = chassis::auth::Credentials::load()?;
    match arguments.target {
        Some(target) => {
            fault_router::pipe(settings, credentials, stop, &target, Duration::from_secs(arguments.patience)).await
        }
        None => fault_router::run(settings, credentials, stop).await,
    }
}
