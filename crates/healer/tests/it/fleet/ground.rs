//! What the doubles share: the world, and the levers of a test.

use crate::sample::{at, commit};
use crate::world::World;
use chassis::Clock;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;
use tokio::sync::{Notify, Semaphore};
use wire::lease::Release;
use wire::plan::{Lesson, PlanRequest, Suspect};
use wire::remedies::RecentRemedy;
use wire::{Fence, Service};

pub(crate) struct Ground {
    world: Mutex<World>,
    store: Mutex<StoreState>,
    levers: Mutex<Levers>,
    /// Something in the store changed.
    pub(crate) changed: Notify,
}

/// The store's leases.
#[derive(Default)]
pub(crate) struct StoreState {
    pub(crate) lease: Option<(Fence, Instant)>,
    /// Whether the incident wants a move.
    pub(crate) due: bool,
    pub(crate) releases: Vec<Release>,
    /// How often a lease was asked for, and granted.
    pub(crate) lease_calls: usize,
    pub(crate) granted: usize,
    pub(crate) renewals: usize,
    /// What was done on the target before, for other incidents.
    pub(crate) recent: Vec<RecentRemedy>,
    /// Appends that were refused, by code.
    pub(crate) refused: Vec<String>,
}

#[derive(Default)]
pub(crate) struct Levers {
    /// Services that answer 503, and how often they did.
    away: BTreeMap<Service, usize>,
    /// Steps that wait to be let through.
    gates: BTreeMap<String, Arc<Semaphore>>,
    /// Steps that fail.
    failing: BTreeSet<String>,
    /// Steps that something is away for, and how often still.
    faltering: BTreeMap<String, usize>,
    /// The steps that were asked for, each time.
    asked: Vec<String>,
    /// What was told to `rag-gateway`, each time.
    pub(crate) plans: Vec<PlanRequest>,
    pub(crate) lessons: Vec<Lesson>,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let store = StoreState { due: true, ..StoreState::default() };
        Self {
            world: Mutex::new(World::new()),
            store: Mutex::new(store),
            levers: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, StoreState> {
        self.store.lock().unwrap()
    }

    /// What a developer pushed, as the deployer tells it.
    pub(crate) fn suspects(&self) -> Vec<Suspect> {
        vec![Suspect { commit: commit(7), live_since: at(-60) }]
    }

    pub(crate) fn levers(&self) -> MutexGuard<'_, Levers> {
        self.levers.lock().unwrap()
    }

    /// Takes a service away.
    pub(crate) fn take_away(&self, service: Service) {
        self.levers().away.insert(service, 0);
    }

    /// Brings it back.
    pub(crate) fn bring_back(&self, service: Service) {
        self.levers().away.remove(&service);
    }

    /// How often a service that is away was called.
    pub(crate) fn missed(&self, service: Service) -> usize {
        self.levers().away.get(&service).copied().unwrap_or(0)
    }

    /// Whether a service answers this call.
    pub(crate) fn is_away(&self, service: Service) -> bool {
        self.levers().away.get_mut(&service).map(|missed| *missed += 1).is_some()
    }

    /// From now on a step waits.
    pub(crate) fn shut(&self, step: &str) {
        self.levers().gates.insert(step.to_owned(), Arc::new(Semaphore::new(0)));
    }

    /// Lets everybody through who waits there, or will.
    pub(crate) fn open(&self, step: &str) {
        self.levers().gates[step].add_permits(1_000);
    }

    pub(crate) async fn pass(&self, step: &str) {
        let gate = self.levers().gates.get(step).cloned();
        if let Some(gate) = gate {
            drop(gate.acquire().await.unwrap());
        }
    }

    pub(crate) fn fail(&self, step: &str) {
        self.levers().failing.insert(step.to_owned());
    }

    pub(crate) fn fails(&self, step: &str) -> bool {
        self.levers().failing.contains(step)
    }

    /// What a step's attempts need is away, and back after so many of them.
    pub(crate) fn falter(&self, step: &str, times: usize) {
        self.levers().faltering.insert(step.to_owned(), times);
    }

    pub(crate) fn falters(&self, attempt: &str) -> bool {
        let mut levers = self.levers();
        let step = attempt.split('-').next().unwrap_or_default();
        let left = levers.faltering.get_mut(step).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    }

    pub(crate) fn was_asked(&self, step: &str) {
        self.levers().asked.push(step.to_owned());
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.levers().asked.clone()
    }

    /// Takes the lease away; somebody else may have it, or nobody.
    pub(crate) fn revoke(&self, due: bool) {
        self.world().store.revoke();
        let mut store = self.store();
        (store.lease, store.due) = (None, due);
        drop(store);
        self.changed.notify_waiters();
    }
}

/// The world's time.
impl Clock for Ground {
    fn now(&self) -> DateTime<Utc> {
        self.world().store.now
    }
}
