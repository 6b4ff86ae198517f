//! One target's place: what is asked of it, what it owes by itself. At most one roll-out at a time.

mod before;
mod drive;
mod ease;
mod look;
mod observe;
mod pipeline;
mod pulse;
mod reconcile;
mod retire;
mod revive;
mod start;
mod switch;
mod watch;

use crate::branch::{Branch, BranchError};
use crate::course::{Course, Order};
use crate::ledger::{Ledger, LedgerError, LiveNow};
use crate::settings::Settings;
use crate::traffic::Traffic;
use chassis::operations::{OperationFailed, Reporter};
use chassis::{SharedClock, Stop};
use chrono::{DateTime, TimeDelta, Utc};
use drive::Drive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use watch::Watch;
use wire::problem::code;
use wire::rollout::{Deploy, Live, Rollout, RolloutOutcome, Suspects};
use wire::target::Target;
use wire::{OperationKey, Problem};

/// How many suspects are told.
const MAX_SUSPECTS: usize = 10;

/// What all targets share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    /// The artefact store, absolute.
    pub(crate) artefacts: PathBuf,
    /// Handed down to instances, and nothing else.
    pub(crate) path: Option<String>,
    pub(crate) clock: NamedClock,
    pub(crate) ledger: Ledger,
    pub(crate) traffic: Traffic,
    pub(crate) verifier: client::Verifier,
    /// For health checks.
    pub(crate) http: reqwest::Client,
    pub(crate) stop: Stop,
}

/// A clock that can be shown.
pub(crate) struct NamedClock(pub(crate) SharedClock);

impl std::fmt::Debug for NamedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Whoever holds it may roll out: the proof that nobody else does.
#[derive(Debug)]
pub(crate) struct Turn(());

/// A target with everything that is done for it.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) target: Target,
    pub(crate) branch: Branch,
    shared: Arc<Shared>,
    turn: tokio::sync::Mutex<Turn>,
    /// Something has ended: look at the branch at once.
    wake: Notify,
    /// Something is to be ended.
    retire: Notify,
    /// A pipeline has said something.
    told: Notify,
    watch: Mutex<Watch>,
}

/// Why nothing is said to be live.
#[derive(Debug)]
pub(crate) enum NotLive {
    /// Nothing was rolled out yet.
    Nothing(Option<Problem>),
    /// The target says that it runs something else than its pipeline said.
    Other(String),
    /// The target does not answer.
    Silent(String),
}

impl Site {
    /// A target's place.
    pub(crate) fn new(target: Target, shared: Arc<Shared>) -> Self {
        let watch = Mutex::new(Watch::new(&target));
        let folder = shared.settings.work.join(format!("{}.git", target.name));
        Self {
            branch: Branch::new(
                target.repository.clone(),
                shared.settings.access(),
                folder,
                Duration::from_millis(shared.settings.ssh_poll_ms),
            ),
            target,
            shared,
            turn: tokio::sync::Mutex::new(Turn(())),
            wake: Notify::new(),
            retire: Notify::new(),
            told: Notify::new(),
            watch,
        }
    }

    /// Does what an operation asks, or finds that it was done. On the word to stop it is left where it is: what it has
    /// recorded is carried on by the next life.
    pub(crate) async fn deploy(
        &self,
        deploy: Deploy,
        key: OperationKey,
        reporter: Reporter,
    ) -> Result<Rollout, OperationFailed> {
        let done = tokio::select! {
            done = self.deploy_now(deploy, key, &reporter) => done,
            () = self.shared.stop.requested() => Err(OperationFailed::retry("stopping", "the deployer is restarting")),
        };
        self.wake.notify_one();
        done
    }

    async fn deploy_now(
        &self,
        deploy: Deploy,
        key: OperationKey,
        reporter: &Reporter,
    ) -> Result<Rollout, OperationFailed> {
        let turn = self.turn.lock().await;
        let ledger = &self.shared.ledger;
        if let Some(course) = ledger.unfinished(&self.target.name).await.map_err(away)? {
            Drive::resume(self, &turn, reporter, course).await?.run().await?;
        }
        let earlier = ledger.rollout(&self.target.name, &deploy.commit).await.map_err(away)?;
        if let Some(course) = earlier.as_ref().filter(|course| course.answers(&key)) {
            // That it went live once is no answer when another commit is live by now.
            let live = ledger.live_commit(&self.target.name).await.map_err(away)?;
            let is_live = live.is_some_and(|live| live.commit == deploy.commit);
            if course.report.outcome != RolloutOutcome::Live || is_live {
                return Ok(course.report.clone());
            }
        }
        let head = self.branch.head().await.map_err(no_head)?;
        let epoch = ledger.epoch(&self.target.name, head.epoch).await.map_err(away)?;
        if deploy.authority.epoch < epoch {
            let message = format!("a reset began epoch {epoch}: work of an older one is refused");
            return Err(OperationFailed::give_up(code::EPOCH_STALE, message));
        }
        let course = Course::begin(Order::of(&deploy, key), earlier.as_ref(), self.now());
        if head.commit != deploy.commit {
            let why = format!("the branch's head is {}", head.commit);
            return Ok(Rollout { outcome: RolloutOutcome::Superseded, why, ..course.report });
        }
        if head.tree != deploy.tree {
            let message = format!("the commit's tree is {}", head.tree);
            return Err(OperationFailed::give_up("tree_differs", message));
        }
        let rollout = match self.target.deploy.pipeline() {
            Some(pipeline) => self.await_pipeline(pipeline, &turn, reporter, course, earlier.as_ref()).await?,
            None => Drive::begin(self, &turn, reporter, course).await?.run().await?,
        };
        if rollout.outcome == RolloutOutcome::Live {
            self.tell(None);
        }
        Ok(rollout)
    }

    /// What runs, and why it is not the head if it is not.
    pub(crate) async fn live(&self) -> Result<Result<Live, NotLive>, LedgerError> {
        if let Some(pipeline) = self.target.deploy.pipeline() {
            return self.live_by_pipeline(pipeline).await;
        }
        let problem = self.watch().problem.clone();
        let Some(LiveNow { instance, commit, since, rollouts }) = self.shared.ledger.live(&self.target.name).await?
        else {
            return Ok(Err(NotLive::Nothing(problem)));
        };
        Ok(Ok(Live {
            target: instance.target,
            commit,
            tree: instance.tree,
            artefact: Some(instance.artefact),
            colour: Some(instance.colour),
            port: instance.port,
            pid: instance.process.map_or(0, |process| process.pid),
            since,
            rollouts,
            problem,
        }))
    }

    /// What a developer had pushed and what went live in a time before a moment, newest first.
    pub(crate) async fn suspects(&self, before: DateTime<Utc>, within: TimeDelta) -> Result<Suspects, LedgerError> {
        let span = (before.checked_sub_signed(within).unwrap_or(DateTime::UNIX_EPOCH), before);
        let courses = self.shared.ledger.switched(&self.target.name, span).await?;
        Ok(Suspects { suspects: courses.iter().filter_map(Course::suspect).take(MAX_SUSPECTS).collect() })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.shared.clock.0.now()
    }
}

/// The branch cannot be read: later perhaps, or not before somebody mends a setting or a right.
fn no_head(error: Arc<BranchError>) -> OperationFailed {
    if error.may_pass() {
        return away(error);
    }
    tracing::warn!(%error, "the branch cannot be read");
    OperationFailed::give_up(error.code(), error.to_string())
}

/// Something that is needed does not answer: the same may succeed later. The cause goes to the log.
fn away(error: impl std::error::Error + Send + Sync + 'static) -> OperationFailed {
    let message = error.to_string();
    tracing::warn!(error = ?anyhow::Error::new(error), "cannot go on");
    OperationFailed::retry(code::UNAVAILABLE, message)
}
