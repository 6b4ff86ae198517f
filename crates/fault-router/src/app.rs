//! Puts the parts together.

use crate::desk::Desk;
use crate::follower::{Follower, Parts};
use crate::reporter::{Keeper, QUEUE, Reporter};
use crate::routes::{self, Desks};
use crate::rules::Rules;
use crate::settings::Settings;
use crate::watch::Bell;
use crate::{state, watch};
use actix_web::web;
use anyhow::Context;
use chassis::auth::Credentials;
use chassis::clock::{self, SharedClock};
use chassis::{Stop, catalogue, server};
use client::{Callee, IncidentStore};
use std::net::TcpListener;
use std::sync::Arc;
use wire::Service;
use wire::target::{Catalogue, Target};

/// Binds, loads the catalogue, and serves until the word to stop.
///
/// # Errors
/// When the address is taken, the catalogue is not valid, or the state cannot be kept.
pub async fn run(settings: Settings, credentials: Arc<Credentials>, stop: Stop) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(&settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
    let catalogue = catalogue::load(&settings.targets)?;
    serve(listener, App { settings, catalogue, credentials, clock: clock::system() }, stop).await
}

/// What the service is made of.
pub struct App {
    /// The settings.
    pub settings: Settings,
    /// The targets to follow.
    pub catalogue: Catalogue,
    /// Its own token and its callers.
    pub credentials: Arc<Credentials>,
    /// The clock.
    pub clock: SharedClock,
}

/// Follows every target and serves, until the word to stop.
///
/// # Errors
/// When the state cannot be kept or the listener cannot be used.
pub async fn serve(listener: TcpListener, app: App, stop: Stop) -> anyhow::Result<()> {
    let folder = &app.settings.state;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot keep state in {}", folder.display()))?;
    let callee = Callee::new(Service::IncidentStore, &app.settings.incident_store, Arc::clone(&app.credentials))?;
    let store = IncidentStore::new(callee);
    let mut desks = Desks::new();
    for target in app.catalogue.values() {
        desks.push(follow(target, &app, store.clone(), &stop)?);
    }
    if desks.is_empty() {
        tracing::warn!(targets = %app.settings.targets.display(), "no target: there is nothing to follow");
    }
    let desks = web::Data::new(desks);
    server::Server::new(Service::FaultRouter, app.credentials)
        .serve(listener, stop, move |config| routes::configure(config, desks.clone()))
        .await
}

fn follow(target: &Target, app: &App, store: IncidentStore, stop: &Stop) -> anyhow::Result<Arc<Desk>> {
    let rules = Rules::new(&target.faults).with_context(|| format!("cannot use the faults of {}", target.name))?;
    let path = app.settings.state.join(format!("{}.json", target.name));
    let ledger = state::open(&path, app.clock.now()).with_context(|| format!("cannot keep {}", path.display()))?;
    let desk = Arc::new(Desk::new(target.name.clone(), target.logs.live.clone().into(), ledger));
    let (bell, sleeper) = watch::bell();
    let (sender, queue) = tokio::sync::mpsc::channel(QUEUE);
    let reporter = Reporter {
        desk: Arc::clone(&desk),
        store,
        queue,
        bell: bell.clone(),
        stop: stop.clone(),
        keeper: Keeper::new(Arc::clone(&desk), path),
    };
    stop.spawn("report", reporter.run());
    let parts = Parts {
        desk: Arc::clone(&desk),
        rules,
        clock: Arc::clone(&app.clock),
        stop: stop.clone(),
        bell: bell.clone(),
        sleeper,
        queue: sender,
    };
    follow_on_a_thread(Follower::new(parts, &app.settings), bell, stop);
    Ok(desk)
}

fn follow_on_a_thread(follower: Follower, bell: Bell, stop: &Stop) {
    let word = stop.clone();
    stop.spawn("follow", async move {
        let mut thread = tokio::task::spawn_blocking(move || follower.run());
        let ended = tokio::select! {
            ended = &mut thread => ended,
            () = word.requested() => {
                bell.ring();
                thread.await
            }
        };
        // A follower that died must not leave a router that looks alive.
        if let Err(Ok(panic)) = ended.map_err(tokio::task::JoinError::try_into_panic) {
            std::panic::resume_unwind(panic);
        }
    });
}
