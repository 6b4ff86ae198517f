//! The Kubernetes conditions: a deployment and its service.

mod advise;
mod judge;
mod remedy;

use crate::ask::{Answer, get};
use crate::error::ActError;
use crate::playbook::Playbook;
use chassis::clock::SharedClock;
use kubernetes::{ChangeError, Changer, Cluster, Findings, Order, Set, Upon};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use wire::runtime::{Action, Invariant, Remedy};
use wire::target::Workload;

/// The least time between two looks: a cluster is asked by many.
const PACE: Duration = Duration::from_millis(400);

/// Looks after a workload of a cluster.
pub struct WorkloadPlaybook {
    of: Workload,
    cluster: Cluster,
    changer: Changer,
    clock: SharedClock,
    known: Mutex<Known>,
    looked: tokio::sync::Mutex<Option<Instant>>,
}

/// What is known beside what is seen.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The incident that it is healed for.
    incident: String,
    /// The `metadata.generation` of what was seen when a change of it was decided.
    generation: Option<i64>,
    /// How many pods it was to have when it was seen to have any.
    count: Option<u32>,
}

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    found: Findings,
    /// What the service answers, where the target file says what to ask.
    answer: Option<Answer>,
    /// How many pods it had, as far as is known.
    count: Option<u32>,
}

impl std::fmt::Debug for WorkloadPlaybook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkloadPlaybook").field("of", &self.of).finish_non_exhaustive()
    }
}

impl WorkloadPlaybook {
    /// For a workload of the inventory.
    pub fn new(of: Workload, cluster: Cluster, clock: SharedClock) -> Self {
        let own = clock.clone();
        let changer = Changer::new(cluster.clone(), of.clone(), Arc::new(move || own.now()));
        Self { of, cluster, changer, clock, known: Mutex::default(), looked: tokio::sync::Mutex::new(None) }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn change(&self, action: &Action, upon: Upon) -> Result<String, ChangeError> {
        let incident = self.known().incident.clone();
        let order = Order { incident: &incident, upon };
        match action {
            Action::RestartPods {} => self.changer.restart(&order).await,
            Action::UseRevision { revision } => self.changer.use_revision(*revision, &order).await,
            Action::ScalePods { replicas } => self.changer.scale(*replicas, &order).await,
            Action::LimitMemory { limit, request } => self.changer.limit_memory(*limit, *request, &order).await,
            Action::DeleteFailedPods {} => self.changer.delete_failed().await,
            other => Err(ChangeError::Refused(ActError::not_offered(other).to_string())),
        }
    }
}

fn whole(error: &ChangeError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl Playbook for WorkloadPlaybook {
    type Seen = Seen;

    async fn look(&self) -> Seen {
        let mut looked = self.looked.lock().await;
        if let Some(last) = *looked {
            tokio::time::sleep_until(last + PACE).await;
        }
        let answer = match &self.of.probe {
            Some(probe) => Some(get(probe, None, Duration::from_millis(self.of.probe_ms)).await),
            None => None,
        };
        let has_doubt = answer.as_ref().is_some_and(|answer| answer.is_good() != Some(true));
        let snapshot = self.cluster.look(&self.of, self.clock.now(), has_doubt).await;
        *looked = Some(Instant::now());
        let found = snapshot.findings();
        let wanted = found.setup.as_ref().map(|setup| setup.replicas).filter(|count| *count > 0);
        let mut known = self.known();
        known.count = wanted.or(known.count);
        let told = found.setup.as_ref().and_then(|setup| setup.last_count);
        Seen { count: known.count.or(told), found, answer }
    }

    fn invariants(&self, seen: &Seen) -> Vec<Invariant> {
        judge::invariants(&self.of, seen)
    }

    fn diagnose(&self, seen: &Seen) -> String {
        judge::diagnosis(&self.of, seen)
    }

    fn remedies(&self, seen: &Seen) -> Vec<Remedy> {
        remedy::allowed(&self.of, seen)
    }

    /// Nothing that is done here stands for the time being.
    fn is_over(&self, _seen: &Seen) -> bool {
        true
    }

    fn advice(&self, seen: &Seen) -> Vec<String> {
        advise::advice(&self.of, seen)
    }

    /// The status of a pod flaps.
    fn strikes(&self) -> u32 {
        2
    }

    /// The cluster's objects say what for.
    fn is_for(&self, cause: &str) {
        let mut known = self.known();
        cause.clone_into(&mut known.incident);
        // What was decided for another one, or before a crash, is decided anew.
        known.generation = None;
    }

    fn decided(&self, seen: &Seen) {
        self.known().generation = seen.found.setup.as_ref().and_then(|setup| setup.generation);
    }

    async fn act(&self, action: &Action) -> Result<String, ActError> {
        let generation = self.known().generation;
        self.change(action, Upon::Seen(generation)).await.map_err(|error| match error.is_unsent() {
            true => ActError::Unsent { why: whole(&error), may_pass: error.may_pass() },
            false => ActError::Refused(whole(&error)),
        })
    }

    /// Only what is still as this incident set it.
    async fn take_back(&self, done: &Action, undo: &Action) -> Result<String, ActError> {
        let own = match done {
            Action::UseRevision { revision } => Set::Revision(*revision),
            Action::ScalePods { replicas } => Set::Pods(*replicas),
            Action::LimitMemory { limit, .. } => Set::Memory(*limit),
            other => return Err(ActError::not_offered(other)),
        };
        match self.change(undo, Upon::Own(own)).await {
            Err(error) if error.is_foreign() => Ok(ChangeError::Foreign.to_string()),
            done => done.map_err(|error| ActError::Refused(whole(&error))),
        }
    }
}
