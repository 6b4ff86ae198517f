//! Puts the parts together.

use crate::carrier::Carrier;
use crate::desk::Desk;
use crate::errors::Errors;
use crate::follower::{Follower, Parts};
use crate::ledger::Ledger;
use crate::push::{Intake, Post};
use crate::reporter::{Courier, Keeper, QUEUE, Reporter};
use crate::routes::{self, Desks};
use crate::rules::Rules;
use crate::settings::Settings;
use crate::spool::Spool;
use crate::watch::Bell;
use crate::{state, watch};
use actix_web::web;
use anyhow::Context;
use chassis::auth::Credentials;
use chassis::clock::{self, SharedClock};
use chassis::{Stop, catalogue, server};
use client::{Callee, IncidentStore};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::Service;
use wire::detection::MAX_CONTEXT;
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
    let store = store(&app)?;
    let (mut desks, mut posts) = (Desks::new(), BTreeMap::new());
    for target in app.catalogue.values() {
        let post = post_of(target, &app, ERRORS, &store, &stop)?;
        follow(&post, target, &app, store.clone(), &stop)?;
        desks.push(Arc::clone(&post.desk));
        posts.insert(target.name.clone(), post);
    }
    if desks.is_empty() {
        tracing::warn!(targets = %app.settings.targets.display(), "no target: there is nothing to follow");
    }
    let context_lines = app.settings.context_lines.min(MAX_CONTEXT);
    let intake = Intake::new(posts, Arc::clone(&app.clock), app.settings.push_max_bytes, context_lines);
    let (desks, intake) = (web::Data::new(desks), web::Data::new(intake));
    server::Server::new(Service::FaultRouter, app.credentials)
        .serve(listener, stop, move |config| routes::configure(config, desks.clone(), intake.clone()))
        .await
}

pub(crate) fn store(app: &App) -> anyhow::Result<IncidentStore> {
    let address = &app.settings.incident_store;
    Ok(IncidentStore::new(Callee::new(Service::IncidentStore, address, Arc::clone(&app.credentials))?))
}

/// Where the service keeps what it knows of a target's errors, after the target's name.
const ERRORS: &str = "errors";

/// A target's rules and spool, with the carrier from there to the store.
pub(crate) fn post_of(
    target: &Target,
    app: &App,
    errors: &str,
    store: &IncidentStore,
    stop: &Stop,
) -> anyhow::Result<Arc<Post>> {
    let state = &app.settings.state;
    std::fs::create_dir_all(state).with_context(|| format!("cannot keep state in {}", state.display()))?;
    let path = state.join(format!("{}.{errors}.json", target.name));
    let errors = Errors::open(path.clone(), target, app.clock.now());
    let errors = errors.with_context(|| format!("cannot keep {}", path.display()))?;
    let rules = if errors.is_some() { Rules::and_errors(&target.faults) } else { Rules::new(&target.faults) };
    let rules = rules.with_context(|| format!("cannot use the faults of {}", target.name))?;
    let ledger = Ledger { since: app.clock.now(), places: BTreeMap::new() };
    let desk = Arc::new(Desk::new(target.name.clone(), target.logs.live.clone().into(), ledger, errors));
    let folder = state.join("spool").join(target.name.as_str());
    let spool = Spool::open(folder.clone(), app.settings.spool_max_bytes, Arc::clone(&desk));
    let spool = Arc::new(spool.with_context(|| format!("cannot keep detections in {}", folder.display()))?);
    let courier = Courier { desk: Arc::clone(&desk), store: store.clone(), stop: stop.clone() };
    let poll = Duration::from_millis(app.settings.poll_ms.max(10));
    stop.spawn("carry", Carrier { spool: Arc::clone(&spool), courier, poll }.run());
    Ok(Arc::new(Post { desk, rules: Arc::new(rules), spool, recent: Mutex::default() }))
}

fn follow(post: &Post, target: &Target, app: &App, store: IncidentStore, stop: &Stop) -> anyhow::Result<()> {
    let path = app.settings.state.join(format!("{}.json", target.name));
    let ledger = state::open(&path, app.clock.now()).with_context(|| format!("cannot keep {}", path.display()))?;
    let desk = Arc::clone(&post.desk);
    *desk.ledger() = ledger;
    let (bell, sleeper) = watch::bell();
    let (sender, queue) = tokio::sync::mpsc::channel(QUEUE);
    let reporter = Reporter {
        courier: Courier { desk: Arc::clone(&desk), store, stop: stop.clone() },
        queue,
        bell: bell.clone(),
        stop: stop.clone(),
        keeper: Keeper::new(Arc::clone(&desk), path),
    };
    stop.spawn("report", reporter.run());
    let parts = Parts {
        desk,
        rules: Arc::clone(&post.rules),
        clock: Arc::clone(&app.clock),
        stop: stop.clone(),
        bell: bell.clone(),
        sleeper,
        queue: sender,
    };
    follow_on_a_thread(Follower::new(parts, &app.settings), bell, stop);
    Ok(())
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
