//! Puts the parts together and serves.

use crate::callback::{self, Keys};
use crate::ledger::{Ledger, MIGRATIONS};
use crate::routes;
use crate::settings::Settings;
use crate::site::{NamedClock, Shared, Site};
use crate::traffic::Traffic;
use actix_web::web;
use anyhow::Context;
use chassis::auth::Credentials;
use chassis::operations::Operations;
use chassis::server::Server;
use chassis::{Stop, clock};
use client::Callee;
use database::Db;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use wire::rollout::Rollout;
use wire::{Service, TargetName};

/// How long one attempt waits for a database that is still starting; then it is logged, and tried again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a health check may take to connect.
const CONNECT: Duration = Duration::from_secs(1);

/// What handlers use.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) sites: BTreeMap<TargetName, Arc<Site>>,
    /// What the pipelines of some of them sign with.
    pub(crate) keys: Keys,
    pub(crate) ledger: Ledger,
    pub(crate) operations: web::Data<Operations<Rollout>>,
    /// Whether the schema is up to date.
    pub(crate) ready: watch::Receiver<bool>,
}

/// Serves until the word to stop. Without a database it answers 503 until there is one. What runs goes on running.
///
/// # Errors
/// When a part cannot be used, or a task died.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    database: SecretString,
    credentials: Arc<Credentials>,
    stop: Stop,
) -> anyhow::Result<()> {
    let catalogue = chassis::catalogue::load(&settings.targets).context("cannot use the target catalogue")?;
    git_remote::check_all(&catalogue, &settings.access())?;
    let keys = callback::keys(&catalogue)?;
    let ledger = Ledger::new(Db::new(&database, settings.pool)?);
    let shared = Arc::new(shared(settings, ledger.clone(), &credentials, stop.clone())?);
    let sites: BTreeMap<_, _> =
        catalogue.into_iter().map(|(name, target)| (name, Arc::new(Site::new(target, Arc::clone(&shared))))).collect();
    let (is_ready, ready) = watch::channel(false);
    let operations = web::Data::new(Operations::new(clock::system(), stop.clone()));
    let app = web::Data::new(App { sites: sites.clone(), keys, ledger: ledger.clone(), operations, ready });
    let word = stop.clone();
    stop.spawn("start", async move {
        tokio::select! {
            () = prepare(&database, &ledger, sites.keys().cloned().collect()) => {
                is_ready.send_replace(true);
                sites.into_values().for_each(|site| look_after(site, &word));
            }
            () = word.requested() => {}
        }
    });
    Server::new(Service::Deployer, credentials).serve(listener, stop, move |cfg| routes::configure(cfg, &app)).await
}

fn shared(settings: Settings, ledger: Ledger, credentials: &Arc<Credentials>, stop: Stop) -> anyhow::Result<Shared> {
    let artefacts = std::path::absolute(&settings.artefacts)?;
    let routes = std::path::absolute(&settings.routes)?;
    for folder in [&artefacts, &settings.work, routes.parent().unwrap_or(Path::new("/"))] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let callee = |service, url: &str| Callee::new(service, url, Arc::clone(credentials));
    let front = client::Front::new(callee(Service::Front, &settings.front)?);
    let verifier = client::Verifier::new(callee(Service::Verifier, &settings.verifier)?);
    let limit = Duration::from_millis(settings.switch_ms);
    Ok(Shared {
        artefacts,
        path: chassis::settings::variable("PATH"),
        clock: NamedClock(clock::system()),
        traffic: Traffic::new(routes, limit, front, ledger.clone()),
        ledger,
        verifier,
        // No connection is kept: a check must reach the instance that listens now.
        http: reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .no_proxy()
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .build()?,
        settings,
        stop,
    })
}

/// Brings the schema up to date, however late the database comes.
async fn prepare(url: &SecretString, ledger: &Ledger, names: Vec<TargetName>) {
    loop {
        let done = match Db::migrate(url, MIGRATIONS, PATIENCE).await {
            Ok(()) => ledger.know(names.clone()).await.map_err(anyhow::Error::new),
            Err(error) => Err(anyhow::Error::new(error)),
        };
        match done {
            Ok(()) => return tracing::info!("ready"),
            Err(error) => tracing::error!(?error, "not ready"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Starts what is done for a target without being asked. The word to stop leaves it where it is.
fn look_after(site: Arc<Site>, stop: &Stop) {
    if let Some(silence) = site.target.run.health.hung().filter(|_| site.target.deploy.pipeline().is_none()) {
        let (site, word) = (Arc::clone(&site), stop.clone());
        stop.spawn("pulse", async move {
            tokio::select! {
                () = site.feel(silence) => {}
                () = word.requested() => {}
            }
        });
    }
    let (other, word) = (Arc::clone(&site), stop.clone());
    stop.spawn("reconcile", async move {
        tokio::select! {
            () = site.reconcile() => {}
            () = word.requested() => {}
        }
    });
    let word = stop.clone();
    stop.spawn("retire", async move {
        tokio::select! {
            () = other.retire() => {}
            () = word.requested() => {}
        }
    });
}
