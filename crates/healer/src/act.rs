//! Doing a step: asks whom it concerns, and answers the event that comes of it.

use crate::journal::problem_of;
use crate::outcome;
use crate::task::{self, Around, Task};
use crate::{Settings, keys, ward};
use chassis::auth::Credentials;
use client::{CallError, Callee, Deployer, EffectError, IncidentStore, Patcher, RagGateway, Verifier, Warden};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use wire::event::{Body, Step};
use wire::incident::Incident;
use wire::plan::{Lesson, Suspect};
use wire::problem::code;
use wire::proposal::PatchTask;
use wire::relief::Relieve;
use wire::rollout::{Deploy, Live, Rollout};
use wire::runtime::WardTask;
use wire::span::Progress;
use wire::{OperationKey, Problem, Service};

/// The pause before `rag-gateway` is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a relief is waited for.
const RELIEF: Duration = Duration::from_secs(3);

/// Why a step gave no result.
#[derive(Debug)]
pub(crate) enum NoResult {
    /// A receiver knows of a newer lease or epoch: nothing more is to be done under this one.
    Stale(Problem),
    /// It failed.
    Failed {
        /// Why.
        problem: Problem,
        /// Whether it may pass by itself.
        may_pass: bool,
    },
}

impl NoResult {
    fn of(problem: Problem, may_pass: bool) -> Self {
        match problem.code.as_str() {
            code::FENCE_STALE | code::EPOCH_STALE => NoResult::Stale(problem),
            _ => NoResult::Failed { problem, may_pass },
        }
    }
}

impl From<Problem> for NoResult {
    fn from(problem: Problem) -> Self {
        Self::of(problem, false)
    }
}

impl From<EffectError> for NoResult {
    fn from(error: EffectError) -> Self {
        Self::of(error.problem(), error.may_pass())
    }
}

/// Whom the healer asks.
#[derive(Debug, Clone)]
pub(crate) struct Peers {
    pub(crate) store: IncidentStore,
    rag: RagGateway,
    patcher: Patcher,
    verifier: Verifier,
    deployer: Deployer,
    warden: Warden,
    effect_limit: Duration,
    call_limit: Duration,
    suspect_window: Duration,
}

fn no_answer(error: CallError) -> NoResult {
    NoResult::of(problem_of(&error), error.may_pass())
}

/// One step of one incident.
pub(crate) struct Doing<'a> {
    pub(crate) incident: &'a Incident,
    pub(crate) step: Step,
    pub(crate) attempt: u32,
    pub(crate) around: Around<'a>,
    /// Where progress goes.
    pub(crate) tell: UnboundedSender<Progress>,
}

impl Peers {
    pub(crate) fn new(settings: &Settings, credentials: &Arc<Credentials>) -> anyhow::Result<Self> {
        let callee = |service, base: &str| Callee::new(service, base, Arc::clone(credentials));
        Ok(Self {
            store: IncidentStore::new(callee(Service::IncidentStore, &settings.incident_store)?),
            rag: RagGateway::new(callee(Service::RagGateway, &settings.rag_gateway)?),
            patcher: Patcher::new(callee(Service::Patcher, &settings.patcher)?),
            verifier: Verifier::new(callee(Service::Verifier, &settings.verifier)?),
            deployer: Deployer::new(callee(Service::Deployer, &settings.deployer)?),
            warden: Warden::new(callee(Service::Warden, &settings.warden)?),
            effect_limit: Duration::from_secs(settings.effect_limit_s),
            call_limit: Duration::from_millis(settings.call_limit_ms),
            suspect_window: Duration::from_secs(u64::from(settings.suspect_window_s)),
        })
    }

    /// Does the step. Safe to repeat: the same step and attempt ask with the same keys.
    pub(crate) async fn perform(&self, doing: &Doing<'_>) -> Result<Body, NoResult> {
        let incident = doing.incident;
        let key = keys::operation(incident.id, doing.step, doing.attempt);
        let suspects = if doing.step == Step::Analyze { self.suspects(incident).await } else { Vec::new() };
        let around = Around { suspects, ..doing.around.clone() };
        match task::of(incident, doing.step, &around)? {
            Task::Plan(request) => Ok(outcome::planned(self.patiently(|| self.rag.plan(&request)).await?)),
            Task::Learn(lesson) => Ok(outcome::learned(self.patiently(|| self.rag.learn(&lesson)).await?)),
            Task::Propose(task) => Ok(outcome::proposed(incident, self.patch(doing, &key, &task).await?)?),
            Task::Push(task) => Ok(outcome::pushed(incident, self.patch(doing, &key, &task).await?)?),
            Task::Deploy(task) => Ok(outcome::deployed(incident, self.deploy(doing, &key, &task).await?)),
            Task::Replay(task) => {
                let effects = &self.verifier.effects;
                let before = self.live(incident).await?;
                let task = task::on_live(task, before.as_ref());
                let report = effects.run(&key, &task, self.effect_limit, Some(&doing.tell)).await?;
                let after = self.live(incident).await?;
                Ok(outcome::verified(incident, report, before.as_ref(), after.as_ref())?)
            }
            Task::Ward(WardTask::Act(act)) => {
                let report = self.ward(doing, &key, &WardTask::Act(act)).await?;
                Ok(ward::acted(incident, report)?)
            }
            Task::Ward(WardTask::Prepare(prepare)) => {
                let prepared = self.ward(doing, &key, &WardTask::Prepare(prepare)).await?;
                Ok(ward::prepared(incident, prepared)?)
            }
            Task::Ward(WardTask::Watch(watch)) => {
                let report = self.ward(doing, &key, &WardTask::Watch(watch)).await?;
                Ok(ward::watched(incident, &report)?)
            }
            Task::Relieve(task) => self.relieve(&task).await,
            Task::Withdraw(task) => Ok(outcome::withdrawn(self.deployer.withdraw(&task).await.map_err(no_answer)?)),
            Task::NothingToUndo => Ok(outcome::nothing_left(incident, None)),
            Task::Revert(task) => self.undo(doing, &key, &task).await,
        }
    }

    /// Eases the fault, within a limit: the cure does not wait for it.
    async fn relieve(&self, task: &Relieve) -> Result<Body, NoResult> {
        let asked = tokio::time::timeout(RELIEF, self.deployer.relieve(task)).await;
        let too_long = || Problem::new("too_long", format!("no relief within {RELIEF:?}"));
        let relieved = asked.map_err(|_| NoResult::of(too_long(), true))?;
        Ok(outcome::relieved(relieved.map_err(no_answer)?))
    }

    /// Reverts the commit, then makes the revert what runs.
    async fn undo(&self, doing: &Doing<'_>, key: &OperationKey, revert: &PatchTask) -> Result<Body, NoResult> {
        let (commit, tree) = outcome::reverted(self.patch(doing, key, revert).await?)?;
        let deploy = task::roll_back(doing.incident, commit.clone(), tree, doing.around.authority);
        let key = keys::undo_deploy(doing.incident.id, doing.attempt, &commit);
        let rollout = self.deploy(doing, &key, &deploy).await?;
        let undone = outcome::undone(doing.incident, commit, &rollout)?;
        if let Some(lesson) = task::undone(doing.incident, &doing.around) {
            self.remember(&lesson).await;
        }
        Ok(undone)
    }

    /// Has a failure remembered. A recovery does not wait for it longer than for an answer, nor fail with it.
    pub(crate) async fn remember(&self, lesson: &Lesson) {
        if let Err(NoResult::Failed { problem, .. } | NoResult::Stale(problem)) =
            self.patiently(|| self.rag.learn(lesson)).await
        {
            tracing::warn!(incident = %lesson.incident, %problem, "a failure is not remembered");
        }
    }

    /// What a developer had pushed and what went live shortly before the fault. When nobody can tell, nothing is suspected.
    async fn suspects(&self, incident: &Incident) -> Vec<Suspect> {
        if self.suspect_window.is_zero() {
            return Vec::new();
        }
        let told = self.deployer.suspects(&incident.target, incident.detection.at, self.suspect_window).await;
        match told {
            Ok(told) => told.suspects,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(incident = %incident.id, error, "planned without suspects");
                Vec::new()
            }
        }
    }

    async fn patch<T>(&self, doing: &Doing<'_>, key: &OperationKey, task: &PatchTask) -> Result<T, NoResult>
    where
        T: serde::de::DeserializeOwned,
    {
        Ok(self.patcher.effects.run(key, task, self.effect_limit, Some(&doing.tell)).await?)
    }

    async fn deploy(&self, doing: &Doing<'_>, key: &OperationKey, task: &Deploy) -> Result<Rollout, NoResult> {
        Ok(self.deployer.effects.run(key, task, self.effect_limit, Some(&doing.tell)).await?)
    }

    async fn ward<T>(&self, doing: &Doing<'_>, key: &OperationKey, task: &WardTask) -> Result<T, NoResult>
    where
        T: serde::de::DeserializeOwned,
    {
        Ok(self.warden.effects.run(key, task, self.effect_limit, Some(&doing.tell)).await?)
    }

    async fn live(&self, incident: &Incident) -> Result<Option<Live>, NoResult> {
        self.patiently(|| self.deployer.live(&incident.target)).await
    }

    /// Calls until there is an answer, at most for the limit.
    async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> Result<T, NoResult>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let until = Instant::now() + self.call_limit;
        loop {
            match ask().await {
                Err(error) if error.may_pass() && Instant::now() < until => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(no_answer(error)),
                Ok(answer) => return Ok(answer),
            }
        }
    }
}
