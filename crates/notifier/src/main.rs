//! The process: settings, telemetry, run.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::Notifier)?;
    let _telemetry = chassis::telemetry::start(wire::Service::Notifier)?;
    let stop = chassis::Stop::on_signal()?;
    notifier::run(settings, chassis::auth::Credentials::load()?, stop).await
}
