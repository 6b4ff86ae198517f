//! The steps before the switch. What fails here leaves traffic untouched.

use super::drive::{Drive, Failure};
use super::start::StartError;
use super::{away, no_head};
use crate::artefact;
use crate::instance::{Instance, InstanceState};
use crate::ledger::Change;
use crate::plan::Stage;
use crate::verify;
use chassis::operations::OperationFailed;
use client::EffectError;
use std::sync::Arc;
use wire::rollout::{Colour, Mode, RolloutOutcome};
use wire::span::{SpanKind, Stage as Reached};
use wire::target::ReplayPermission;
use wire::verification::Judgement;

impl Drive<'_> {
    pub(super) async fn end_strays(&mut self) -> Result<(), OperationFailed> {
        for stray in std::mem::take(&mut self.strays) {
            self.site.discard(stray.id).await.map_err(away)?;
        }
        Ok(())
    }

    pub(super) async fn adopt(&mut self) -> Result<(), OperationFailed> {
        self.say("this very tree runs already: nothing was restarted");
        let Some(live) = self.live.clone() else { return Ok(()) };
        self.course.report.artefact = Some(live.instance.artefact);
        self.close(RolloutOutcome::Live);
        let commit = self.course.order.commit.clone();
        let change = Change { live: Some((Some(live.instance.id), &commit, live.since)), ..Change::default() };
        self.record(change).await
    }

    pub(super) async fn find_artefact(&mut self) -> Result<(), OperationFailed> {
        let (site, order) = (self.site, self.course.order.clone());
        if !self.must_build {
            let known = site.shared.ledger.artefact_of(&order.target, &order.tree).await.map_err(away)?;
            if known.is_some() {
                (self.course.report.artefact, self.recalled) = (known, true);
                return Ok(());
            }
        }
        self.reporter.note("the commit is built");
        let verifier = &site.shared.verifier;
        let built = verify::build(verifier, &site.target, &order.commit, self.course.attempt, self.reporter).await;
        match built {
            Ok(built) if built.tree == order.tree => {
                self.course.report.artefact = Some(built.artefact);
                self.course.report.spans.extend(built.spans);
            }
            Ok(built) => self.failure = Some(Failure::Refused(format!("another tree was built: {}", built.tree))),
            Err(error) => self.failure = Some(failure(&error, "the commit was not built")),
        }
        Ok(())
    }

    pub(super) async fn check_artefact(&mut self) -> Result<(), OperationFailed> {
        let Some(digest) = self.course.report.artefact.clone() else { return Ok(()) };
        let shared = Arc::clone(&self.site.shared);
        let check = tokio::task::spawn_blocking(move || artefact::check(&shared.artefacts, &digest));
        match check.await.map_err(away)? {
            Ok(()) => self.is_sound = true,
            Err(error) if self.recalled => {
                tracing::warn!(error = ?anyhow::Error::new(error), "an artefact of before cannot be used again; it is built");
                (self.course.report.artefact, self.recalled, self.must_build) = (None, false, true);
            }
            Err(error) => self.failure = Some(Failure::Refused(error.to_string())),
        }
        Ok(())
    }

    pub(super) async fn start(&mut self) -> Result<(), OperationFailed> {
        let (Some(artefact), order) = (self.course.report.artefact.clone(), &self.course.order) else { return Ok(()) };
        let colour = self.live.as_ref().map_or(Colour::Blue, |live| live.instance.colour.other());
        let what = (order.commit.clone(), order.tree.clone(), artefact);
        self.started_at = self.site.now();
        let instance = self.site.instance(colour, what).map_err(away)?;
        self.course.green = Some(instance.id);
        match self.site.start(instance).await {
            Ok(green) => self.green = Some(green),
            Err(StartError::Ledger(error)) => return Err(away(error)),
            Err(error) => self.failure = Some(Failure::Refused(chain(&error))),
        }
        Ok(())
    }

    pub(super) async fn await_health(&mut self) -> Result<(), OperationFailed> {
        let Some(green) = self.green.clone() else { return Ok(()) };
        let healthy = self.site.healthy(&green).await;
        let span = self.reporter.span(SpanKind::Health, "wait for health", self.started_at);
        self.course.report.spans.push(span);
        match healthy {
            Ok(()) => {
                self.is_healthy = true;
                self.course.report.healthy_at = Some(self.site.now());
                self.reporter.stage(Reached::Healthy, format!("{} is healthy", green.label()));
                let healthy = InstanceState::Healthy;
                self.site.shared.ledger.mark(green.id, healthy, self.site.now()).await.map_err(away)?;
            }
            Err(why) => self.failure = Some(Failure::Refused(why)),
        }
        Ok(())
    }

    pub(super) async fn replay(&mut self) -> Result<(), OperationFailed> {
        self.is_replayed = true;
        let (Some(green), Mode::Heal { code }) = (self.green.clone(), self.course.order.mode.clone()) else {
            return Ok(());
        };
        let target = &self.site.target;
        match target.contract(&code).map(|contract| contract.replay) {
            None => self.failure = Some(Failure::Refused(format!("{code} has no contract to be replayed"))),
            Some(ReplayPermission::Live) => self.replay_on(&green, &code).await,
            Some(permission) => {
                let permission = format!("{permission:?}").to_lowercase();
                self.say(format!("the contract was not replayed on green: its permission is {permission}"));
            }
        }
        Ok(())
    }

    async fn replay_on(&mut self, green: &Instance, code: &wire::FaultCode) {
        let (site, place) = (self.site, (green.id.to_string(), green.base_url()));
        match verify::replay(&site.shared.verifier, &site.target, code, place, self.reporter).await {
            Ok(report) => {
                if report.judgement != Judgement::Met {
                    self.failure = Some(Failure::Refused(format!("the replay on green: {}", report.why)));
                }
                self.course.report.spans.extend(report.spans.clone());
                self.course.report.replay = Some(report);
            }
            Err(error) => self.failure = Some(failure(&error, "the contract was not replayed on green")),
        }
    }

    pub(super) async fn confirm(&mut self) -> Result<(), OperationFailed> {
        self.is_confirmed = true;
        let order = &self.course.order;
        let head = self.site.branch.head().await.map_err(no_head);
        match head {
            Err(failed) => self.failure = Some(Failure::Broken(failed)),
            Ok(head) => {
                let epoch = self.site.shared.ledger.epoch(&order.target, head.epoch).await.map_err(away)?;
                if order.asked.as_ref().is_some_and(|asked| asked.epoch < epoch) {
                    self.failure = Some(Failure::Superseded(format!("a reset began epoch {epoch}")));
                } else if head.commit != order.commit {
                    self.failure = Some(Failure::Superseded(format!("the branch's head is {}", head.commit)));
                }
            }
        }
        Ok(())
    }

    pub(super) async fn abandon(&mut self) -> Result<(), OperationFailed> {
        let (outcome, why) = match &self.failure {
            Some(Failure::Refused(why)) => (RolloutOutcome::Refused, why.clone()),
            Some(Failure::Superseded(why)) => (RolloutOutcome::Superseded, why.clone()),
            Some(Failure::Broken(failed)) => (RolloutOutcome::Unknown, failed.to_string()),
            None => (RolloutOutcome::Refused, "green ended before it was live".to_owned()),
        };
        self.say(why);
        self.close(outcome);
        let states = self.course.green.map(|green| (green, InstanceState::Draining)).into_iter().collect();
        self.record(Change { states, ..Change::default() }).await?;
        self.site.retire.notify_one();
        Ok(())
    }

    /// Ends the course.
    pub(super) fn close(&mut self, outcome: RolloutOutcome) {
        self.course.stage = Stage::Ended;
        self.course.report.outcome = outcome;
        self.course.ended_at = Some(self.site.now());
    }
}

/// What a failed effect says about green: a verdict, or nothing.
fn failure(error: &EffectError, what: &str) -> Failure {
    let problem = error.problem();
    match error {
        EffectError::Failed { retry: false, .. } => Failure::Refused(format!("{what}: {problem}")),
        error if error.may_pass() => {
            Failure::Broken(OperationFailed::retry(&problem.code, format!("{what}: {problem}")))
        }
        _ => Failure::Broken(OperationFailed::give_up(&problem.code, format!("{what}: {problem}"))),
    }
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}
