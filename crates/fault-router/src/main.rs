//! The process.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::FaultRouter)?;
    let _telemetry = chassis::telemetry::start(wire::Service::FaultRouter)?;
    let stop = chassis::Stop::on_signal()?;
    fault_router::run(settings, chassis::auth::Credentials::load()?, stop).await
}
