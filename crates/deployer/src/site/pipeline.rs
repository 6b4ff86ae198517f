//! The roll-out by a pipeline: its word is waited for, then the target is looked at. What was received is in the table, so a
//! restart goes on where it was, with the same time left.

use super::{NotLive, Site, Turn, away, no_head};
use crate::course::{Course, Former};
use crate::instance::InstanceState;
use crate::ledger::{Change, LedgerError, LiveCommit, Word};
use crate::pipeline::{Facts, Look, Step, next, told};
use crate::plan::Stage;
use chassis::operations::{OperationFailed, Reporter};
use chrono::{DateTime, TimeDelta, Utc};
use wire::rollout::{Live, Rollout, RolloutOutcome, ToldBy};
use wire::span::{SpanKind, Stage as Reached};
use wire::target::Pipeline;

impl Site {
    /// Waits for the pipeline's word on a commit and answers what is known then.
    pub(super) async fn await_pipeline(
        &self,
        pipeline: &Pipeline,
        turn: &Turn,
        reporter: &Reporter,
        mut course: Course,
        earlier: Option<&Course>,
    ) -> Result<Rollout, OperationFailed> {
        let (after, began_at) = since(earlier, course.began_at);
        course.began_at = began_at;
        self.shared.ledger.record(&course, Change::default(), self.now()).await.map_err(away)?;
        let until = began_at + TimeDelta::milliseconds(i64::try_from(pipeline.timeout_ms).unwrap_or(i64::MAX / 2));
        let limit = until.format("%H:%M:%S");
        reporter.note(format!("the pipeline's word is waited for, until {limit} UTC at the latest"));
        let word = self.await_word(&course, after, until).await?;
        if let Some(word) = &word {
            reporter.note(format!("the pipeline says: {:?}", word.callback.status).to_lowercase());
        }
        let step = self.judge(pipeline, word.as_ref(), &mut course, reporter).await?;
        self.conclude(turn, course, word, step, reporter).await
    }

    /// The pipeline's last word; none when there is none in time, or the branch has moved on.
    async fn await_word(
        &self,
        course: &Course,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Word>, OperationFailed> {
        let order = &course.order;
        loop {
            let word = self.shared.ledger.word(&order.target, &order.commit, after).await.map_err(away)?;
            if word.is_some() || self.now() >= until || self.has_moved(course).await? {
                return Ok(word);
            }
            // What is said between the two is seen at the next look.
            let _told = tokio::time::timeout(self.shared.settings.poll(), self.told.notified()).await;
        }
    }

    /// What the word means, with what the target itself says.
    async fn judge(
        &self,
        pipeline: &Pipeline,
        word: Option<&Word>,
        course: &mut Course,
        reporter: &Reporter,
    ) -> Result<Step, OperationFailed> {
        let moved = self.has_moved(course).await?;
        let step = next(&Facts { word, look: None, moved, late: true });
        if step != Step::Look {
            return Ok(step);
        }
        let began_at = self.now();
        let look = self.look_patiently(pipeline, &course.order.commit).await;
        course.report.spans.push(reporter.span(SpanKind::Health, "look at the live version", began_at));
        Ok(next(&Facts { word, look: Some(&look), moved, late: true }))
    }

    async fn has_moved(&self, course: &Course) -> Result<bool, OperationFailed> {
        let head = self.branch.recent_head().await.map_err(no_head)?;
        Ok(head.commit != course.order.commit)
    }

    /// Records what came of it, and answers it.
    async fn conclude(
        &self,
        _turn: &Turn,
        mut course: Course,
        word: Option<Word>,
        step: Step,
        reporter: &Reporter,
    ) -> Result<Rollout, OperationFailed> {
        (course.stage, course.ended_at) = (Stage::Ended, Some(self.now()));
        let mut failed = None;
        match step {
            Step::Live(by) => {
                let sent_at = word.as_ref().map_or_else(|| self.now(), |word| word.sent_at);
                self.now_live(&mut course, by, sent_at).await.map_err(away)?;
                reporter.stage(Reached::Healthy, told(by));
                reporter.stage(Reached::Switched, "traffic goes to what the pipeline deployed");
            }
            Step::Refused(why) => (course.report.outcome, course.report.why) = (RolloutOutcome::Refused, why),
            Step::Superseded => {
                let why = "the branch has moved on before the pipeline said anything of this commit".to_owned();
                (course.report.outcome, course.report.why) = (RolloutOutcome::Superseded, why);
            }
            Step::Unverified { code, why, may_pass } => {
                course.report.why.clone_from(&why);
                failed = Some(match may_pass {
                    true => OperationFailed::retry(code, why),
                    false => OperationFailed::give_up(code, why),
                });
            }
            Step::Wait | Step::Look => {
                failed = Some(OperationFailed::give_up(wire::problem::code::INTERNAL, "the roll-out is not over"));
            }
        }
        if course.report.outcome != RolloutOutcome::Live {
            self.shared.ledger.record(&course, Change::default(), self.now()).await.map_err(away)?;
        }
        if let Some(word) = word.filter(|_| failed.is_none()) {
            self.shared.ledger.take(&self.target.name, &word.id).await.map_err(away)?;
        }
        tracing::info!(
            target_name = %self.target.name, commit = %course.order.commit,
            outcome = ?course.report.outcome, why = course.report.why, "roll-out by the pipeline ended"
        );
        failed.map_or(Ok(course.report), Err)
    }

    /// Records that a commit is live since the pipeline said so. The same commit once more is no other roll-out.
    pub(super) async fn now_live(
        &self,
        course: &mut Course,
        by: ToldBy,
        sent_at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let ledger = &self.shared.ledger;
        // Of a time when this deployer still ran the target itself.
        let own = ledger.live(&self.target.name).await?.map(|live| (live.instance.id, InstanceState::Draining));
        let before = ledger.live_commit(&self.target.name).await?;
        let same = before.as_ref().filter(|live| live.commit == course.order.commit && own.is_none());
        let (since, counts) = same.map_or((sent_at, true), |live| (live.since, false));
        let report = &mut course.report;
        (report.outcome, report.told_by, report.why) = (RolloutOutcome::Live, Some(by), told(by).to_owned());
        (report.healthy_at, report.switched_at) = (Some(self.now()), Some(since));
        let other = before.filter(|live| live.commit != course.order.commit);
        course.former = other.map(|LiveCommit { commit, since, .. }| Former { instance: None, commit, since });
        (course.stage, course.ended_at) = (Stage::Ended, Some(self.now()));
        let commit = course.order.commit.clone();
        let change = Change { live: Some((None, &commit, since)), counts, states: own.into_iter().collect() };
        ledger.record(course, change, self.now()).await?;
        self.retire.notify_one();
        Ok(())
    }

    /// What runs of a target that a pipeline deploys: what it said last, and the target itself does not say otherwise.
    pub(super) async fn live_by_pipeline(&self, pipeline: &Pipeline) -> Result<Result<Live, NotLive>, LedgerError> {
        let (ledger, name) = (&self.shared.ledger, &self.target.name);
        let problem = self.watch().problem.clone();
        let Some(LiveCommit { commit, since, rollouts }) = ledger.live_commit(name).await? else {
            return Ok(Err(NotLive::Nothing(problem)));
        };
        let Some(course) = ledger.rollout(name, &commit).await? else { return Ok(Err(NotLive::Nothing(problem))) };
        if pipeline.version.is_some() {
            match self.look_once(pipeline, &commit).await {
                Look::Well | Look::Same => {}
                Look::Other(version) => return Ok(Err(NotLive::Other(format!("it says that it runs {version}")))),
                Look::Unwell(why) | Look::Silent(why) => return Ok(Err(NotLive::Silent(why))),
            }
        }
        let port = pipeline.url.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(0);
        let (target, tree) = (name.clone(), course.order.tree);
        Ok(Ok(Live { target, commit, tree, artefact: None, colour: None, port, pid: 0, since, rollouts, problem }))
    }
}

/// From when on a word counts, and when the wait for it began: an attempt of which nothing was known goes on in the next one,
/// and what was said when a commit was live before says nothing of the next time.
fn since(earlier: Option<&Course>, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let before = |outcome| earlier.filter(|earlier| earlier.report.outcome == outcome);
    let after = before(RolloutOutcome::Live).and_then(|earlier| earlier.report.switched_at);
    let began_at = before(RolloutOutcome::Unknown).map_or(now, |earlier| earlier.began_at);
    (after.unwrap_or(DateTime::UNIX_EPOCH), began_at)
}
