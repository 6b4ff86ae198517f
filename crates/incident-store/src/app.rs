//! Puts the parts together and serves.

use crate::cooldown::{Cooldown, Markers};
use crate::handovers::{self, Handovers};
use crate::news::News;
use crate::settings::Settings;
use crate::store::Store;
use crate::stream::hub::Hub;
use crate::{recovery, reset, routes, stream};
use actix_web::web;
use anyhow::Context;
use chassis::auth::Credentials;
use chassis::server::Server;
use chassis::{SharedClock, Stop};
use chrono::TimeDelta;
use database::Db;
use deadpool_redis::redis;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use secrecy::{ExposeSecret, SecretString};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use wire::Service;
use wire::target::Catalogue;

/// The schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/incident-store");

/// How much of the stream is kept for clients that come again, bytes.
const KEPT: usize = 4 << 20;
/// How many connections there may be besides the stream's.
const OTHER_CONNECTIONS: usize = 2_000;
/// The least time between two signs of life.
const MIN_BEAT: Duration = Duration::from_millis(100);
/// How long one attempt waits for a database that is still starting; then it is logged, and tried again.
const PATIENCE: Duration = Duration::from_secs(10);
/// The least limit of a transaction: PostgreSQL takes 0 for none.
const MIN_LIMIT: Duration = Duration::from_millis(100);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// What the service is made of.
#[derive(Clone)]
pub struct Parts {
    /// Its settings.
    pub settings: Settings,
    /// Who it is and who may call.
    pub credentials: Arc<Credentials>,
    /// PostgreSQL.
    pub database_url: SecretString,
    /// Redis, where there is one.
    pub redis_url: Option<SecretString>,
    /// The targets.
    pub catalogue: Catalogue,
    /// The clock.
    pub clock: SharedClock,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What handlers use.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) catalogue: Catalogue,
    pub(crate) settings: Settings,
    pub(crate) patcher: client::Patcher,
    pub(crate) cooldown: Cooldown,
    pub(crate) hub: Hub,
    pub(crate) handovers: Handovers,
}

/// Serves until the word to stop. Without a database it answers 503 until there is one.
///
/// # Errors
/// When a part cannot be used, or a task died.
pub async fn serve(listener: TcpListener, parts: Parts, stop: Stop) -> anyhow::Result<()> {
    let Parts { settings, credentials, database_url, redis_url, catalogue, clock } = parts;
    let (is_ready, ready) = watch::channel(false);
    let redis = redis_url.map(|url| redis::Client::open(url.expose_secret())).transpose();
    let redis = redis.context("cannot use REDIS_URL")?;
    let news = News::new();
    if let Some(client) = &redis {
        news.connect(client, &stop);
    }
    let store = Store {
        db: Db::new(&database_url, settings.pool.max(1))?,
        limit: Duration::from_millis(settings.database_limit_ms).max(MIN_LIMIT),
        ready,
        news,
        clock,
        stop: stop.clone(),
    };
    let patcher = client::Callee::new(Service::Patcher, &settings.patcher, Arc::clone(&credentials))?;
    let patcher = client::Patcher::new(patcher);
    let lasts = TimeDelta::seconds(settings.cooldown_s.into());
    let cooldown = Cooldown { lasts, markers: Markers::new(redis) };
    let hub = Hub::new(KEPT, settings.stream_clients);
    let beat = Duration::from_millis(settings.stream_beat_ms).max(MIN_BEAT);
    let stalled = Duration::from_millis(settings.stream_stalled_ms).max(MIN_BEAT);
    let max_connections = settings.stream_clients + OTHER_CONNECTIONS;
    stop.spawn("stream-beat", stream::keep_alive(hub.clone(), beat, stop.clone()));
    let metrics = recovery::metrics(&store, &catalogue)?;
    let handovers = Handovers::new(&settings, &metrics)?;
    let metrics = Some(metrics);
    let app = web::Data::new(App { store, catalogue, settings, patcher, cooldown, hub, handovers });
    stop.spawn("recovery", recovery::follow(app.clone()));
    stop.spawn("handovers", handovers::follow(app.clone()));
    stop.spawn("stream", stream::follow(app.clone()));
    let (migrated, word) = (app.clone(), stop.clone());
    stop.spawn("migrations", async move {
        let work = async {
            migrate(&database_url, &is_ready).await;
            reset::finish_interrupted(&migrated).await;
        };
        tokio::select! {
            () = work => {}
            () = word.requested() => {}
        }
    });
    let usual = Server::new(Service::IncidentStore, credentials);
    Server { max_connections, half_closed: false, stalled: Some(stalled), metrics, ..usual }
        .serve(listener, stop, move |cfg| routes::configure(cfg, &app))
        .await
}

/// Brings the schema up to date, however late the database comes.
async fn migrate(url: &SecretString, is_ready: &watch::Sender<bool>) {
    while let Err(error) = Db::migrate(url, MIGRATIONS, PATIENCE).await {
        tracing::error!(%error, "not ready");
        tokio::time::sleep(PAUSE).await;
    }
    is_ready.send_replace(true);
    tracing::info!("ready");
}
