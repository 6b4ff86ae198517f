//! The process. Two hidden subcommands let it enter its own sandbox; they come before any thread is started.

fn main() -> anyhow::Result<()> {
    if let Some(code) = verifier::dispatch(std::env::args_os()) {
        std::process::exit(code);
    }
    serve()
}

#[tokio::main(worker_threads = 2)]
async fn serve() -> anyhow::Result<()> {
    let settings = chassis::settings::load(wire::Service::Verifier)?;
    let _telemetry = chassis::telemetry::start(wire::Service::Verifier)?;
    let stop = chassis::Stop::on_signal()?;
    verifier::run(settings, chassis::auth::Credentials::load()?, stop).await
}
