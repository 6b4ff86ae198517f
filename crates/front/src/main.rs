//! The process: settings, telemetry, run.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::Front)?;
    let _telemetry = chassis::telemetry::start(wire::Service::Front)?;
    let stop = chassis::Stop::on_signal()?;
    front::run(settings, chassis::auth::Credentials::load()?, stop).await
}
