//! The process.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::Healer)?;
    let _telemetry = chassis::telemetry::start(wire::Service::Healer)?;
    let stop = chassis::Stop::on_signal()?;
    healer::run(settings, chassis::auth::Credentials::load()?, stop).await
}
