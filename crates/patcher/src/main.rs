//! The process.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::Patcher)?;
    let _telemetry = chassis::telemetry::start(wire::Service::Patcher)?;
    let stop = chassis::Stop::on_signal()?;
    patcher::run(settings, chassis::auth::Credentials::load()?, stop).await
}
