//! The process: a listener, its workers, and an orderly stop.

use crate::answers::Answers;
use crate::database::Database;
use crate::memory::Cache;
use crate::problem::catch_panics;
use crate::queue::Line;
use crate::report::Reporter;
use crate::resilience::Resilience;
use crate::resilience::breaker::Millis;
use crate::retries::Gauge;
use crate::run_folder::RunFolder;
use crate::session::Authority;
use crate::settings::Settings;
use crate::stop::{Connections, Signals};
use crate::upstream::Way;
use crate::{Faults, log, routes};
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as Web, HttpServer};
use futures_util::future::{Either, select};
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

/// Threads that answer requests. Two, so that one slow request does not hold up the health check.
const WORKERS: usize = 2;
/// Open connections of a worker at most.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take to send a request's head.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept; longer than a proxy before us keeps it, so that the proxy closes it and not we.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Threads that drive connections to others.
const DRIVERS: usize = 2;
/// How long requests in flight have after SIGTERM, seconds: as long as slow work may take. With the reports' time it stays
/// under the 10 s promised.
const DRAIN_S: u64 = 8;
/// How long reports still in the queue have after that.
const REPORT_DRAIN: Duration = Duration::from_millis(500);

/// What the handlers share.
pub(crate) struct App {
    /// The fault bodies.
    pub(crate) faults: Faults,
    /// The database.
    pub(crate) database: Database,
    /// The way to the upstream.
    pub(crate) upstream: Arc<Way>,
    /// The pages that are kept.
    pub(crate) cache: Arc<Cache>,
    /// Who issues tokens.
    pub(crate) authority: Arc<Authority>,
    /// The calls upstream that were made lately.
    pub(crate) gauge: Arc<Gauge>,
    /// The jobs that wait.
    pub(crate) line: Arc<Line>,
    /// What whoever looks after this machine reads and writes.
    pub(crate) run: RunFolder,
    /// The last answers.
    pub(crate) answers: Answers,
    /// The way to the incident store.
    pub(crate) reporter: Reporter,
    /// The version, for log lines.
    pub(crate) version: String,
    /// Whether the fault routes exist.
    pub(crate) fault_injection: bool,
}

impl App {
    /// What `settings` say; `runtime` outlives the web workers.
    pub(crate) fn new(settings: Settings, faults: Faults, runtime: Handle) -> Result<Self, String> {
        let address = settings.upstream;
        let key = format!("fault-app:upstream:{}{}", address.authority, address.prefix);
        let resilience = Resilience::new(settings.redis, key, Box::new(wall_clock));
        settings.run.make()?;
        Ok(Self {
            faults,
            cache: Arc::default(),
            authority: Arc::new(Authority::new(settings.run.0.clone())?),
            gauge: Arc::default(),
            line: Arc::new(Line::new(&runtime)),
            run: settings.run,
            database: Database::new(settings.database, runtime.clone()),
            upstream: Arc::new(Way { address, resilience, runtime }),
            answers: Answers::default(),
            reporter: Reporter::start(settings.report)?,
            version: settings.version,
            fault_injection: settings.fault_injection,
        })
    }
}

fn wall_clock() -> Millis {
    let since_1970 = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Millis::try_from(since_1970.as_millis()).unwrap_or(Millis::MAX)
}

/// Serves until SIGTERM or SIGINT, finishes what was begun, and returns.
pub(crate) fn run(settings: Settings, faults: Faults) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(DRIVERS)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let outcome = runtime.block_on(serve(settings, faults, runtime.handle().clone()));
    runtime.shutdown_background();
    outcome
}

async fn serve(settings: Settings, faults: Faults, runtime: Handle) -> Result<(), String> {
    let mut signals = Signals::listen().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let port = settings.port;
    let app = Data::new(App::new(settings, faults, runtime)?);
    let connections = Connections::none();
    let (server, port) = listen(port, app.clone(), connections.clone())
        .map_err(|error| format!("cannot listen on PORT {port}: {error}"))?;
    let (version, fault_injection) = (&app.version, app.fault_injection);
    log::line("info", "listening", json!({ "port": port, "version": version, "fault_injection": fault_injection }));
    let handle = server.handle();
    let stopped = async {
        let signal = signals.received().await;
        log::line("info", "stopping", json!({ "signal": signal, "limit_s": DRAIN_S }));
        // New connections are taken no more, idle ones are closed, and busy ones after their answer.
        select(Box::pin(handle.stop(true)), pin!(connections.all_closed())).await;
    };
    let outcome = match select(server, pin!(stopped)).await {
        Either::Left((ended, _)) => ended.map_err(|error| format!("the server ended: {error}")),
        Either::Right(_) => Ok(()),
    };
    app.reporter.close(REPORT_DRAIN);
    log::line("info", "stopped", json!({}));
    outcome
}

fn listen(port: u16, app: Data<App>, connections: Connections) -> std::io::Result<(Server, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let port = listener.local_addr()?.port();
    let web = move || {
        let routes = |config: &mut _| routes::configure(app.fault_injection, config);
        Web::new().app_data(app.clone()).wrap(from_fn(catch_panics)).configure(routes)
    };
    let server = HttpServer::new(web)
        .on_connect(move |_, connection| _ = connection.insert(connections.open()))
        .workers(WORKERS)
        .max_connections(MAX_CONNECTIONS)
        .client_request_timeout(REQUEST_LIMIT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(DRAIN_S)
        .disable_signals()
        .listen(listener)?
        .run();
    Ok((server, port))
}
