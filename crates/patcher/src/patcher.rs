//! The service's own state, and the way from a task to its outcome.

use crate::failure::Failure;
use crate::known::Known;
use crate::planner::{Keys, Planner};
use crate::push::PushOf;
use crate::repository::Author;
use crate::reset::ResetOf;
use crate::revert::RevertOf;
use crate::settings::Settings;
use crate::shelf::Shelf;
use chassis::SharedClock;
use chassis::auth::Credentials;
use chassis::operations::{OperationFailed, Reporter};
use client::{Callee, Verifier};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use wire::proposal::PatchTask;
use wire::target::{Catalogue, Target};
use wire::{OperationKey, Service, TargetName};

/// Where the account of the models is kept, below the folder of the working repositories.
const LEDGER: &str = "models";

/// Everything that the operations need.
#[derive(Debug)]
pub struct Patcher {
    targets: BTreeMap<TargetName, Arc<Target>>,
    author: (String, String),
    clock: SharedClockHolder,
    pub(crate) shelf: Shelf,
    pub(crate) known: Known,
    pub(crate) verifier: Verifier,
    pub(crate) verify_limit: Duration,
    pub(crate) planner: Planner,
    /// A folder of unrelated healthy code, on which rules are tried.
    pub(crate) healthy: PathBuf,
}

/// A clock that prints.
struct SharedClockHolder(SharedClock);

impl std::fmt::Debug for SharedClockHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedClock")
    }
}

impl Patcher {
    /// A patcher for the targets of a catalogue.
    ///
    /// # Errors
    /// When a target's remote must not be tried (see [`git_remote::check_all`]), a model provider must not be asked as it is
    /// set up, or the folder of the working repositories cannot be made.
    pub fn new(
        settings: &Settings,
        keys: &Keys,
        catalogue: Catalogue,
        credentials: Arc<Credentials>,
        clock: SharedClock,
    ) -> anyhow::Result<Self> {
        use anyhow::Context;
        let access = settings.access();
        git_remote::check_all(&catalogue, &access)?;
        let work = &settings.work;
        std::fs::create_dir_all(work).with_context(|| format!("cannot make the folder {}", work.display()))?;
        let planner = Planner::new(&settings.models, keys, &work.join(LEDGER), clock.now())?;
        Ok(Self {
            author: (settings.author_name.clone(), settings.author_email.clone()),
            clock: SharedClockHolder(clock),
            shelf: Shelf::new(work.clone(), access, settings.git_limit(), &catalogue),
            known: Known::default(),
            verifier: Verifier::new(Callee::new(Service::Verifier, &settings.verifier, credentials)?),
            verify_limit: settings.verify_limit(),
            planner,
            healthy: settings.healthy.clone(),
            targets: catalogue.into_iter().map(|(name, target)| (name, Arc::new(target))).collect(),
        })
    }

    pub(crate) fn clock(&self) -> SharedClock {
        Arc::clone(&self.clock.0)
    }

    pub(crate) fn author(&self) -> Author {
        let (name, email) = self.author.clone();
        Author { name, email, at: self.clock.0.now() }
    }

    pub(crate) fn target(&self, name: &TargetName) -> Option<Arc<Target>> {
        self.targets.get(name).map(Arc::clone)
    }

    /// Does a task for a target. The outcome is the JSON of the task's own type.
    pub(crate) async fn run(
        self: Arc<Self>,
        key: OperationKey,
        target: Arc<Target>,
        task: PatchTask,
        reporter: Reporter,
    ) -> Result<Value, OperationFailed> {
        let outcome = match task {
            PatchTask::Propose(task) => self.propose(&key, target, task, &reporter).await.and_then(json),
            PatchTask::Push(task) => self.push(target, PushOf(task), &reporter).await.and_then(json),
            PatchTask::Revert(task) => self.land(target, RevertOf(task), None, &reporter).await.and_then(json),
            PatchTask::Reset(task) => self.land(target, ResetOf(task), None, &reporter).await.and_then(json),
        };
        outcome.map_err(OperationFailed::from)
    }
}

fn json(outcome: impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(outcome).map_err(|error| Failure::Engine(error.to_string()))
}
