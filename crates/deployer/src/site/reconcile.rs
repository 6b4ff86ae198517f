//! The reconciler: looks, asks `duty.rs`, does one thing, looks again. Timer and wake-up run the same function.

use super::before::chain;
use super::drive::Drive;
use super::{Site, Turn};
use crate::branch::{BranchError, Head};
use crate::course::{Course, Order};
use crate::duty::{self, Duty, Earlier, Facts, Live};
use crate::instance::InstanceState;
use crate::ledger::{LedgerError, LiveNow};
use crate::process;
use crate::route_table::RouteError;
use crate::traffic::TrafficError;
use chassis::operations::{OperationFailed, Reporter};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use wire::Problem;
use wire::rollout::{Mode, RolloutOutcome};

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum TickError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Routes(#[from] RouteError),
    #[error(transparent)]
    Traffic(#[from] TrafficError),
    #[error("the roll-out came to no end")]
    Rollout(#[from] OperationFailed),
}

impl Site {
    /// Goes on for ever.
    pub(crate) async fn reconcile(&self) {
        if let Some(pipeline) = self.target.deploy.pipeline() {
            return self.observe(pipeline).await;
        }
        let mut failures = 0;
        loop {
            let pause = match self.tick().await {
                Ok(true) => continue,
                Ok(false) => {
                    failures = 0;
                    self.shared.settings.poll()
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(target_name = %self.target.name, error = chain(&error), "the reconciler goes on later");
                    duty::pause(self.first_pause(), failures).to_std().unwrap_or(self.shared.settings.poll())
                }
            };
            let _woken = tokio::time::timeout(pause, self.wake.notified()).await;
        }
    }

    /// Does the next duty; whether to look again at once.
    async fn tick(&self) -> Result<bool, TickError> {
        self.sweep().await?;
        let Ok(turn) = self.turn.try_lock() else { return Ok(false) };
        let ledger = &self.shared.ledger;
        let head = self.branch.recent_head().await;
        let live = ledger.live(&self.target.name).await?;
        let earlier = match (&head, &live) {
            (Ok(head), Some(live)) if head.commit == live.commit => None,
            (Ok(head), _) => {
                ledger.epoch(&self.target.name, head.epoch).await?;
                ledger.rollout(&self.target.name, &head.commit).await?
            }
            (Err(_), _) => None,
        };
        let facts = self.facts(head.as_ref().map_err(|error| &**error), live.as_ref(), earlier.as_ref()).await?;
        let duty = duty::next(&facts);
        if duty != Duty::Rest {
            tracing::debug!(target_name = %self.target.name, ?duty, "duty");
        }
        match (duty, &head, &live) {
            (Duty::Resume, ..) => self.resume(&turn).await?,
            (Duty::EndStrays, ..) => self.end_strays().await?,
            (Duty::Revive, _, Some(live)) => self.revive(&turn, live, facts.live == Live::Hung).await?,
            (Duty::Reroute, _, Some(live)) => self.reroute(live).await?,
            (Duty::RollOut(mode), Ok(head), _) => self.roll_out(&turn, head, mode, earlier.as_ref()).await?,
            (_, Err(error), _) => {
                self.tell(Some(Problem::new("head_unknown", chain(&**error))));
                return Ok(false);
            }
            (Duty::GiveUp, ..) => {
                self.tell(Some(given_up(earlier.as_ref())));
                return Ok(false);
            }
            _ => {
                match facts.live {
                    Live::Well if facts.head_runs => self.tell(None),
                    Live::Hung => {
                        let told = self.watch().hangs.told(self.now());
                        if let Some(told) = told {
                            self.tell(Some(Problem::new("hung", told)));
                        }
                    }
                    _ => {}
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn facts(
        &self,
        head: Result<&Head, &BranchError>,
        live: Option<&LiveNow>,
        earlier: Option<&Course>,
    ) -> Result<Facts, TickError> {
        let (now, ledger, name) = (self.now(), &self.shared.ledger, &self.target.name);
        let waiting = &[InstanceState::Starting, InstanceState::Healthy];
        let unfinished = ledger.unfinished(name).await?.is_some();
        let head = head.ok();
        let live_state = match live {
            None => Live::None,
            Some(live) if !live.instance.process.is_some_and(process::is_alive) => Live::Dead,
            Some(live) if self.watch().pulse.is_hung(live.instance.id) => Live::Hung,
            Some(live) if !self.shared.traffic.is_sent(name, &live.instance.route(&self.target))? => Live::Unrouted,
            Some(_) => Live::Well,
        };
        Ok(Facts {
            now,
            unfinished,
            strays: !unfinished && !ledger.instances(name, waiting).await?.is_empty(),
            live: live_state,
            // A head that is not known is no reason for a roll-out.
            head_runs: head.is_none_or(|head| live.is_some_and(|live| live.commit == head.commit)),
            author: head.map_or(duty::Author::Other, |head| duty::author(&head.trailers)),
            seen_at: head.map_or(now, |head| self.seen_at(head, now)),
            grace: TimeDelta::seconds(i64::try_from(self.shared.settings.recovery_grace_s).unwrap_or(i64::MAX / 2000)),
            earlier: earlier.and_then(ended),
            pause: self.first_pause(),
            revive_at: self.revive_at(live_state),
        })
    }

    /// A process that hangs is not ended more often than so, whether or not the next one was well for a while.
    fn revive_at(&self, live: Live) -> DateTime<Utc> {
        let watch = self.watch();
        if live == Live::Hung { watch.revive_at.max(watch.hangs.free_at()) } else { watch.revive_at }
    }

    pub(super) fn first_pause(&self) -> TimeDelta {
        TimeDelta::milliseconds(i64::try_from(self.shared.settings.retry_ms).unwrap_or(1_000))
    }

    /// When this head was first seen in this life.
    fn seen_at(&self, head: &Head, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut watch = self.watch();
        match &watch.head {
            Some((commit, seen_at)) if *commit == head.commit => *seen_at,
            _ => {
                watch.head = Some((head.commit.clone(), now));
                now
            }
        }
    }

    async fn resume(&self, turn: &Turn) -> Result<(), TickError> {
        let Some(course) = self.shared.ledger.unfinished(&self.target.name).await? else { return Ok(()) };
        tracing::info!(target_name = %self.target.name, commit = %course.order.commit, stage = ?course.stage, "roll-out goes on");
        let reporter = self.silent();
        Drive::resume(self, turn, &reporter, course).await?.run().await?;
        Ok(())
    }

    async fn end_strays(&self) -> Result<(), TickError> {
        let waiting = &[InstanceState::Starting, InstanceState::Healthy];
        for stray in self.shared.ledger.instances(&self.target.name, waiting).await? {
            tracing::warn!(instance = %stray.id, "an instance of an earlier life that nobody waits for is ended");
            self.discard(stray.id).await?;
        }
        Ok(())
    }

    async fn reroute(&self, live: &LiveNow) -> Result<(), TickError> {
        tracing::warn!(target_name = %self.target.name, "the route table does not lead to what is live; it is written again");
        self.publish_log(&live.instance);
        match self.shared.traffic.send(&self.target.name, Some(&live.instance.route(&self.target))).await {
            // The file says it: the front reads it when it is back.
            Ok(()) | Err(TrafficError::NotTaken { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn roll_out(&self, turn: &Turn, head: &Head, mode: Mode, earlier: Option<&Course>) -> Result<(), TickError> {
        let order = Order {
            target: self.target.name.clone(),
            commit: head.commit.clone(),
            tree: head.tree.clone(),
            mode,
            artefact: None,
            asked: None,
            developers: duty::is_developers(&head.trailers),
        };
        let course = Course::begin(order, earlier, self.now());
        let reporter = self.silent();
        let done = async { Drive::begin(self, turn, &reporter, course).await?.run().await };
        match done.await {
            Ok(rollout) if rollout.outcome == RolloutOutcome::Live => self.tell(None),
            Ok(rollout) => {
                self.tell(Some(Problem::new("not_live", format!("{} is not live: {}", head.commit, rollout.why))));
            }
            Err(failed) => {
                self.tell(Some(failed.problem.clone()));
                return Err(failed.into());
            }
        }
        Ok(())
    }

    fn silent(&self) -> Reporter {
        Reporter::silent(Arc::clone(&self.shared.clock.0))
    }
}

fn ended(course: &Course) -> Option<Earlier> {
    let (outcome, attempt, asked) = (course.report.outcome, course.attempt, course.order.asked.is_some());
    course.ended_at.map(|ended_at| Earlier { outcome, attempt, ended_at, asked })
}

fn given_up(earlier: Option<&Course>) -> Problem {
    let why = earlier.map_or("", |course| course.report.why.as_str());
    let attempts = earlier.map_or(0, |course| course.attempt);
    Problem::new("gave_up", format!("the head is not rolled out any more after {attempts} attempts: {why}"))
}
