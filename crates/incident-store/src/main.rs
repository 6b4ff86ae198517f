//! See the library.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::IncidentStore)?;
    let _telemetry = chassis::telemetry::start(wire::Service::IncidentStore)?;
    let stop = chassis::Stop::on_signal()?;
    incident_store::run(settings, chassis::auth::Credentials::load()?, stop).await
}
