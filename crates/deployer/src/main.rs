//! The process.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::Deployer)?;
    let _telemetry = chassis::telemetry::start(wire::Service::Deployer)?;
    let stop = chassis::Stop::on_signal()?;
    deployer::run(settings, chassis::auth::Credentials::load()?, stop).await
}
