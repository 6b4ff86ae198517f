//! The process: settings, telemetry, run.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::Warden)?;
    let _telemetry = chassis::telemetry::start(wire::Service::Warden)?;
    let stop = chassis::Stop::on_signal()?;
    warden::run(settings, chassis::auth::Credentials::load()?, stop).await
}
