//! The process: a listener, its workers, and an orderly stop.

use crate::database::Database;
use crate::problem::catch_panics;
use crate::report::Reporter;
use crate::settings::Settings;
use crate::{Faults, log, routes};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as Web, HttpServer};
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Threads that answer requests. Two, so that one slow request does not hold up the health check.
const WORKERS: usize = 2;
/// How long requests in flight have after SIGTERM, seconds. With the reports' time it stays under the 5 s promised.
const DRAIN_S: u64 = 4;
/// How long reports still in the queue have after that.
const REPORT_DRAIN: Duration = Duration::from_millis(500);

/// What the handlers share.
pub(crate) struct App {
    /// The fault bodies.
    pub(crate) faults: Faults,
    /// The database.
    pub(crate) database: Database,
    /// The way to the incident store.
    pub(crate) reporter: Reporter,
    /// The version, for log lines.
    pub(crate) version: String,
    /// Whether the fault routes exist.
    pub(crate) fault_injection: bool,
}

/// Serves until SIGTERM or SIGINT, finishes what was begun, and returns.
pub(crate) fn run(settings: Settings, faults: Faults) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let outcome = runtime.block_on(serve(settings, faults, runtime.handle().clone()));
    runtime.shutdown_background();
    outcome
}

async fn serve(settings: Settings, faults: Faults, runtime: tokio::runtime::Handle) -> Result<(), String> {
    let app = Data::new(App {
        faults,
        database: Database::new(settings.database, runtime),
        reporter: Reporter::start(settings.report)?,
        version: settings.version,
        fault_injection: settings.fault_injection,
    });
    let cannot_listen = |error: std::io::Error| format!("cannot listen on PORT {}: {error}", settings.port);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let state = app.clone();
    let server = HttpServer::new(move || {
        let routes = |config: &mut _| routes::configure(state.fault_injection, config);
        Web::new().app_data(state.clone()).wrap(from_fn(catch_panics)).configure(routes)
    })
    .workers(WORKERS)
    .max_connections(1024)
    .client_request_timeout(Duration::from_secs(5))
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(DRAIN_S)
    .disable_signals()
    .listen(listener)
    .map_err(cannot_listen)?
    .run();
    let no_signals = |error| format!("cannot listen for signals: {error}");
    let (terminate, interrupt) =
        (signal(SignalKind::terminate()).map_err(no_signals)?, signal(SignalKind::interrupt()).map_err(no_signals)?);
    tokio::spawn(stop_on_signal(terminate, interrupt, server.handle()));
    let (port, version) = (address.port(), &app.version);
    log::line("info", "listening", json!({ "port": port, "version": version, "fault_injection": app.fault_injection }));
    let outcome = server.await.map_err(|error| format!("the server ended: {error}"));
    app.reporter.close(REPORT_DRAIN);
    log::line("info", "stopped", json!({}));
    outcome
}

async fn stop_on_signal(mut terminate: Signal, mut interrupt: Signal, server: ServerHandle) {
    futures_util::future::select(Box::pin(terminate.recv()), Box::pin(interrupt.recv())).await;
    log::line("info", "stopping", json!({ "limit_s": DRAIN_S }));
    server.stop(true).await;
}
