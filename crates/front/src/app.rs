//! The server with its routes, and the task that watches the route table.

use crate::current::Current;
use crate::kept::Kept;
use crate::record::Recorder;
use crate::relieve::State;
use crate::stats::Stats;
use crate::{Settings, proxy, routes, watch};
use actix_web::web;
use anyhow::Context;
use chassis::auth::{Allow, Credentials, Role};
use chassis::metrics::Metrics;
use chassis::server::{Server, other_method};
use chassis::{SharedClock, Stop, clock};
use chrono::{DateTime, Utc};
use prometheus::{IntCounterVec, Opts};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use wire::{Service, paths};

const CALLERS: &[Role] = &[Role::Service(Service::Deployer), Role::Operator];

/// How many connections there may be; most of them are streams. Each needs two descriptors.
const MAX_CONNECTIONS: usize = 8_000;

/// The service's state.
#[derive(Debug)]
pub struct Front {
    /// The table in force.
    pub current: Current,
    /// What was answered.
    pub stats: Arc<Stats>,
    /// What keeps a sample of it.
    pub recorder: Recorder,
    /// How long an upstream may take to begin its answer, and between two parts of it.
    pub answer_limit: Duration,
    /// Good answers, in case a relief needs them.
    pub kept: Kept,
    /// What the reliefs remember.
    pub relief: State,
    /// How often which relief answered.
    pub relieved: IntCounterVec,
    /// Reliefs end by it.
    pub clock: NamedClock,
}

/// A clock that can be shown.
pub struct NamedClock(SharedClock);

impl std::fmt::Debug for NamedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl NamedClock {
    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

impl Front {
    /// The state, with the table that the file holds now.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn open(settings: &Settings) -> anyhow::Result<Arc<Self>> {
        anyhow::ensure!(settings.answer_timeout_ms > 0, "the setting answer_timeout_ms must be more than 0");
        let current = Current::open(settings).context("cannot use the settings of the routes")?;
        let answer_limit = Duration::from_millis(settings.answer_timeout_ms);
        let recorder = Recorder::open(&settings.record)?;
        let opts = Opts::new("kintsugi_front_relieved_total", "Requests that a relief answered, by its kind.");
        let relieved = IntCounterVec::new(opts, &["kind"])?;
        Ok(Arc::new(Self {
            current,
            stats: Arc::new(Stats::default()),
            recorder,
            answer_limit,
            kept: Kept::default(),
            relief: State::default(),
            relieved,
            clock: NamedClock(clock::system()),
        }))
    }

    /// Counts an answer of a relief.
    pub fn relieved(&self, kind: &str) {
        self.relieved.with_label_values(&[kind]).inc();
    }
}

/// Serves until the word to stop.
///
/// # Errors
/// When the listener cannot be used, or a task died.
pub async fn serve(
    listener: TcpListener,
    front: Arc<Front>,
    credentials: Arc<Credentials>,
    stop: Stop,
) -> anyhow::Result<()> {
    stop.spawn("watch-routes", watch::follow(Arc::clone(&front), stop.clone()));
    if front.recorder.is_on() {
        let (front, word) = (Arc::clone(&front), stop.clone());
        stop.spawn("record", async move { front.recorder.keep(word).await });
    }
    let metrics = Metrics::new(Service::Front)?;
    metrics.registry().register(Box::new(front.relieved.clone()))?;
    let metrics = Some(metrics);
    let state = web::Data::from(front);
    let usual = Server::new(Service::Front, credentials);
    let (health, numbers) = (paths::FRONT_HEALTH, paths::FRONT_METRICS);
    // A caller that leaves is noticed at once, and what the upstream was doing for it is dropped.
    Server { health, numbers, metrics, max_connections: MAX_CONNECTIONS, half_closed: false, ..usual }
        .serve(listener, stop, move |config| mount(config, state.clone()))
        .await
}

fn mount(config: &mut web::ServiceConfig, state: web::Data<Front>) {
    let resource =
        |path: &str, route: actix_web::Route| web::resource(path).route(route).default_service(web::to(other_method));
    let own = web::scope(paths::FRONT)
        .service(resource("/routes", web::get().to(routes::tell_routes)))
        .service(resource("/stats", web::get().to(routes::tell_stats)))
        .default_service(web::to(routes::tell_nothing))
        .wrap(Allow(CALLERS));
    // Signed: who reads them decides who may say what.
    let callbacks = web::scope(paths::CALLBACKS).default_service(web::to(proxy::forward));
    config
        .app_data(state)
        .service(callbacks)
        .service(own)
        .service(web::scope("").default_service(web::to(proxy::forward)));
}
