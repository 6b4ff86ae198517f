//! The process: settings, telemetry, run.

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::RagGateway)?;
    let _telemetry = chassis::telemetry::start(wire::Service::RagGateway)?;
    let stop = chassis::Stop::on_signal()?;
    rag_gateway::run(settings, chassis::auth::Credentials::load()?, stop).await
}
