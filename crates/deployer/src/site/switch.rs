//! The switch and what follows. From the recorded intention on, a restart carries it to its end.

use super::away;
use super::drive::{Drive, Failure};
use crate::bake::{Baseline, Look, look};
use crate::course::Former;
use crate::instance::{Instance, InstanceState};
use crate::ledger::Change;
use crate::plan::{Bake, Front, Stage};
use crate::process;
use crate::traffic::TrafficError;
use chassis::operations::OperationFailed;
use chrono::TimeDelta;
use std::time::Duration;
use wire::rollout::RolloutOutcome;
use wire::span::{SpanKind, Stage as Reached};

/// Between two looks at the front's counters: the shortest and the longest.
const LOOK: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));
/// How long the counters of a front that does not answer are waited for after the bake.
const PATIENCE: TimeDelta = TimeDelta::seconds(5);

impl Drive<'_> {
    pub(super) async fn intend(&mut self) -> Result<(), OperationFailed> {
        let Some(green) = &self.green else { return Ok(()) };
        if let Some(live) = &self.live {
            // The last moment at which the counters are those of before.
            match self.site.shared.traffic.stats().await {
                Ok(stats) => {
                    self.course.baseline = Some(Baseline::of(&stats, Some(&live.instance.label()), &green.label()));
                }
                Err(error) => {
                    self.failure = Some(Failure::Broken(away(error)));
                    return Ok(());
                }
            }
            let (instance, commit, since) = (Some(live.instance.id), live.commit.clone(), live.since);
            self.course.former = Some(Former { instance, commit, since });
        }
        self.course.stage = Stage::Switching;
        self.record(Change::default()).await
    }

    pub(super) async fn switch(&mut self) -> Result<(), OperationFailed> {
        let (site, Some(green)) = (self.site, self.green.clone()) else { return Ok(()) };
        // First, so that no line of a live instance is written where the router does not look.
        site.publish_log(&green);
        let route = green.route(&site.target);
        match site.shared.traffic.send(&site.target.name, Some(&route)).await {
            Ok(()) => self.front = Front::Taken,
            Err(TrafficError::Ledger(error)) => return Err(away(error)),
            Err(error) => {
                self.front = Front::Refused;
                self.say(super::before::chain(&error));
            }
        }
        Ok(())
    }

    pub(super) async fn go_live(&mut self) -> Result<(), OperationFailed> {
        let Some(green) = self.green.clone() else { return Ok(()) };
        let now = self.site.now();
        self.course.report.switched_at = Some(now);
        self.course.stage = Stage::Baking;
        let commit = self.course.order.commit.clone();
        let states = vec![(green.id, InstanceState::Live)];
        self.site.tell(None);
        self.record(Change { live: Some((Some(green.id), &commit, now)), counts: true, states }).await?;
        self.reporter.stage(Reached::Switched, format!("traffic goes to {}", green.label()));
        Ok(())
    }

    pub(super) async fn watch_bake(&mut self) -> Result<(), OperationFailed> {
        let length = self.site.target.run.bake_ms;
        let (Some(green), Some(switched_at)) = (self.green.clone(), self.course.report.switched_at) else {
            return Ok(());
        };
        if length == 0 {
            self.say("live; it is not watched, as the target's bake_ms is 0");
            self.bake = Bake::Passed;
            return Ok(());
        }
        let began_at = self.site.now();
        let until = switched_at + TimeDelta::milliseconds(i64::try_from(length).unwrap_or(i64::MAX / 2));
        let pause = Duration::from_millis(length / 10).clamp(LOOK.0, LOOK.1);
        let verdict = loop {
            let verdict = self.look_at(&green).await;
            let now = self.site.now();
            match verdict {
                Look::Regressed(_) => break verdict,
                // What nobody counted is not known to be well.
                Look::Unknown if now >= until + PATIENCE => {
                    break Look::Regressed("unverified: the front did not say how the answers were".to_owned());
                }
                Look::Unknown => tokio::time::sleep(pause).await,
                _ if now >= until => break verdict,
                _ => tokio::time::sleep(pause).await,
            }
        };
        let span = self.reporter.span(SpanKind::Bake, "watch the live version", began_at);
        self.course.report.spans.push(span);
        self.bake = if matches!(verdict, Look::Regressed(_)) { Bake::Regressed } else { Bake::Passed };
        match verdict {
            Look::Regressed(why) => self.say(why),
            Look::Fine { compared } => self.say(format!("live; {compared} answers compared, no route is worse")),
            Look::NoData | Look::Unknown => self.say("live; there were no answers to compare"),
        }
        Ok(())
    }

    async fn look_at(&self, green: &Instance) -> Look {
        if !green.process.is_some_and(process::is_alive) {
            return Look::Regressed("green ended after the switch".to_owned());
        }
        let stats = match self.site.shared.traffic.stats().await {
            Ok(stats) => stats,
            Err(error) => {
                tracing::debug!(%error, "the front does not say how the answers are");
                return Look::Unknown;
            }
        };
        match &self.course.baseline {
            Some(baseline) => look(baseline, stats.labels.get(&green.label())),
            None => Look::NoData,
        }
    }

    pub(super) async fn finish(&mut self) -> Result<(), OperationFailed> {
        if self.course.former.is_none() {
            self.say("live; the first version");
        }
        self.close(RolloutOutcome::Live);
        let former = self.course.former.as_ref().and_then(|former| former.instance);
        let states = former.map(|former| (former, InstanceState::Draining)).into_iter().collect();
        self.record(Change { states, ..Change::default() }).await?;
        self.site.retire.notify_one();
        Ok(())
    }

    pub(super) async fn turn_back(&mut self) -> Result<(), OperationFailed> {
        if self.course.report.why.is_empty() {
            self.say("green ended");
        }
        self.course.stage = Stage::Reverting;
        self.record(Change::default()).await
    }

    pub(super) async fn go_back(&mut self) -> Result<(), OperationFailed> {
        let site = self.site;
        let blue = match self.course.former.as_ref().and_then(|former| former.instance) {
            Some(former) => site.shared.ledger.instance(former).await.map_err(away)?,
            None => None,
        };
        let route = blue.as_ref().map(|blue| blue.route(&site.target));
        match site.shared.traffic.send(&site.target.name, route.as_ref()).await {
            Ok(()) => {}
            // The file says it: a front that is away reads it when it is back.
            Err(error @ TrafficError::NotTaken { .. }) => self.say(error.to_string()),
            Err(error) => return Err(away(error)),
        }
        let went_live = self.course.report.switched_at.is_some();
        if let Some(green) = self.green.as_ref().filter(|_| !went_live) {
            site.withdraw_log(green);
        }
        self.close(match self.front {
            _ if went_live => RolloutOutcome::RolledBack,
            // A front that is away says nothing about the head: that is tried again for as long as it takes.
            Front::Refused if self.course.order.asked.is_none() => RolloutOutcome::Unknown,
            _ => RolloutOutcome::Refused,
        });
        let former = self.course.former.clone();
        let live = former.as_ref().filter(|_| went_live).map(|f| (f.instance, &f.commit, f.since));
        let states = self.course.green.map(|green| (green, InstanceState::Draining)).into_iter().collect();
        self.record(Change { live, counts: false, states }).await?;
        site.retire.notify_one();
        Ok(())
    }
}
