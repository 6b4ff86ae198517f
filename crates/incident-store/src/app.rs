//! Puts the parts together and serves.

use crate::news::News;
use crate::settings::Settings;
use crate::store::Store;
use crate::{reset, routes};
use actix_web::web;
use anyhow::Context;
use chassis::auth::Credentials;
use chassis::server::Server;
use chassis::{SharedClock, Stop};
use database::Db;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use secrecy::SecretString;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use wire::Service;
use wire::target::Catalogue;

/// The schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/incident-store");

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
}

/// Serves until the word to stop. Without a database it answers 503 until there is one.
///
/// # Errors
/// When a part cannot be used, or a task died.
pub async fn serve(listener: TcpListener, parts: Parts, stop: Stop) -> anyhow::Result<()> {
    let Parts { settings, credentials, database_url, redis_url, catalogue, clock } = parts;
    let (is_ready, ready) = watch::channel(false);
    let news = News::new();
    if let Some(url) = &redis_url {
        news.connect(url, &stop).context("cannot use REDIS_URL")?;
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
    let app = web::Data::new(App { store, catalogue, settings, patcher });
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
    Server::new(Service::IncidentStore, credentials)
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
