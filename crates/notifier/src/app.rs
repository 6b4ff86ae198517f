//! The server with its routes, and the task that tells.

use crate::deliver::Delivery;
use crate::follow::Follower;
use crate::ledger::Ledger;
use crate::routes;
use crate::settings::{Hook, Settings};
use crate::webhook::Webhook;
use actix_web::web;
use chassis::auth::{Allow, Credentials, Role};
use chassis::calls::Callee;
use chassis::server::{Server, other_method};
use chassis::{SharedClock, Stop};
use client::IncidentStore;
use secrecy::SecretString;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use wire::{Service, paths};

const OPERATORS: &[Role] = &[Role::Operator];

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct Notifier {
    pub(crate) ledger: Arc<Ledger>,
    /// None without a receiver.
    pub(crate) delivery: Option<Arc<Delivery>>,
    pub(crate) dashboard: String,
    pub(crate) clock: NamedClock,
}

/// A clock that can be shown.
pub(crate) struct NamedClock(pub(crate) SharedClock);

impl std::fmt::Debug for NamedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Serves until the word to stop.
///
/// # Errors
/// When a setting or the listener cannot be used, or a task died.
pub async fn serve(
    listener: TcpListener,
    settings: &Settings,
    hook: Option<Hook>,
    database: SecretString,
    credentials: Arc<Credentials>,
    clock: SharedClock,
    stop: Stop,
) -> anyhow::Result<()> {
    settings.check()?;
    tracing::info!(?settings, tells = hook.is_some(), "settings in force");
    let ledger = Arc::new(Ledger::new(database, settings.connections)?);
    let limit = Duration::from_millis(settings.timeout_ms);
    let delivery =
        hook.map(|hook| Arc::new(Delivery::new(Webhook::new(hook, limit), settings.clone(), Arc::clone(&clock))));
    match &delivery {
        None => tracing::warn!("WEBHOOK_URL is not set: nobody is told of anything"),
        Some(delivery) => {
            let callee = Callee::new(Service::IncidentStore, &settings.incident_store, Arc::clone(&credentials))?;
            let follower = Follower {
                store: IncidentStore::new(callee),
                ledger: Arc::clone(&ledger),
                delivery: Arc::clone(delivery),
                clock: Arc::clone(&clock),
                holder: uuid::Uuid::new_v4().simple().to_string(),
                dashboard: settings.dashboard.clone(),
            };
            let word = stop.clone();
            stop.spawn("tell", async move {
                tokio::select! {
                    () = follower.run() => {}
                    () = word.requested() => follower.release().await,
                }
            });
        }
    }
    let dashboard = settings.dashboard.clone();
    let state = web::Data::new(Notifier { ledger, delivery, dashboard, clock: NamedClock(clock) });
    Server::new(Service::Notifier, credentials).serve(listener, stop, move |config| mount(config, state.clone())).await
}

fn mount(config: &mut web::ServiceConfig, state: web::Data<Notifier>) {
    let resource = |path: &str, route: actix_web::Route| {
        web::resource(path).route(route).default_service(web::to(other_method)).wrap(Allow(OPERATORS))
    };
    config
        .app_data(state)
        .route(paths::READY, web::get().to(routes::tell_readiness))
        .service(resource(paths::DELIVERIES, web::get().to(routes::list_deliveries)))
        .service(resource(paths::DELIVERY_TEST, web::post().to(routes::send_test)));
}
