//! Drives a roll-out: reads the facts, asks the plan, does the step, until there is an answer.

use super::{Site, Turn, away};
use crate::course::Course;
use crate::instance::{Instance, InstanceState};
use crate::ledger::{Change, LiveNow};
use crate::plan::{self, Artefact, Bake, Facts, Front, Green, Stage, Step};
use crate::process;
use chassis::operations::{OperationFailed, Reporter};
use chrono::{DateTime, Utc};
use wire::rollout::{Mode, Rollout};

/// A bound on the steps of one run, far above what the plan can ask for: a mistake in it must not spin.
const MAX_STEPS: usize = 100;

/// Why a roll-out ends before its switch.
#[derive(Debug)]
pub(super) enum Failure {
    /// Green is not good enough.
    Refused(String),
    /// The branch has moved on, or a newer epoch began.
    Superseded(String),
    /// Nothing can be said about green: something that is needed does not answer.
    Broken(OperationFailed),
}

/// A roll-out under way. What is not in its course is forgotten in a crash.
pub(super) struct Drive<'a> {
    pub(super) site: &'a Site,
    pub(super) reporter: &'a Reporter,
    pub(super) course: Course,
    pub(super) failure: Option<Failure>,
    pub(super) strays: Vec<Instance>,
    /// What ran when the roll-out began.
    pub(super) live: Option<LiveNow>,
    pub(super) green: Option<Instance>,
    /// When green was started.
    pub(super) started_at: DateTime<Utc>,
    /// The digest was learned from an earlier roll-out of the same tree.
    pub(super) recalled: bool,
    /// That artefact is not there any more.
    pub(super) must_build: bool,
    pub(super) is_sound: bool,
    pub(super) is_healthy: bool,
    pub(super) is_replayed: bool,
    pub(super) is_confirmed: bool,
    pub(super) front: Front,
    pub(super) bake: Bake,
    /// Nobody else rolls out meanwhile.
    _turn: &'a Turn,
}

impl<'a> Drive<'a> {
    /// A new roll-out.
    pub(super) async fn begin(
        site: &'a Site,
        turn: &'a Turn,
        reporter: &'a Reporter,
        mut course: Course,
    ) -> Result<Self, OperationFailed> {
        course.report.artefact = course.order.artefact.clone();
        let drive = Self::resume(site, turn, reporter, course).await?;
        drive.record(Change::default()).await?;
        tracing::info!(
            target_name = %drive.site.target.name, commit = %drive.course.order.commit,
            mode = ?drive.course.order.mode, attempt = drive.course.attempt, "roll-out begun"
        );
        Ok(drive)
    }

    /// A roll-out that was cut short after its switch was intended.
    pub(super) async fn resume(
        site: &'a Site,
        turn: &'a Turn,
        reporter: &'a Reporter,
        course: Course,
    ) -> Result<Self, OperationFailed> {
        let ledger = &site.shared.ledger;
        let waiting = &[InstanceState::Starting, InstanceState::Healthy];
        let mut strays = ledger.instances(&site.target.name, waiting).await.map_err(away)?;
        strays.retain(|stray| Some(stray.id) != course.green);
        let green = match course.green {
            Some(id) => ledger.instance(id).await.map_err(away)?,
            None => None,
        };
        Ok(Self {
            site,
            reporter,
            failure: None,
            strays,
            live: ledger.live(&site.target.name).await.map_err(away)?,
            green,
            started_at: site.now(),
            recalled: false,
            must_build: false,
            is_sound: false,
            is_healthy: course.stage != Stage::Begun,
            is_replayed: false,
            is_confirmed: false,
            front: Front::Open,
            bake: Bake::Open,
            course,
            _turn: turn,
        })
    }

    /// Carries it to its end.
    pub(super) async fn run(mut self) -> Result<Rollout, OperationFailed> {
        for _ in 0..MAX_STEPS {
            let step = plan::next(&self.facts());
            tracing::debug!(target_name = %self.site.target.name, ?step, "roll-out");
            if step == Step::Answer {
                tracing::info!(
                    target_name = %self.site.target.name, commit = %self.course.order.commit,
                    outcome = ?self.course.report.outcome, why = self.course.report.why, "roll-out ended"
                );
                return match self.failure {
                    Some(Failure::Broken(failed)) => Err(failed),
                    _ => Ok(self.course.report),
                };
            }
            self.act(step).await?;
        }
        Err(OperationFailed::give_up(wire::problem::code::INTERNAL, "the roll-out does not come to an end"))
    }

    fn facts(&self) -> Facts {
        let tree = &self.course.order.tree;
        let runs = |live: &LiveNow| live.instance.tree == *tree && live.instance.process.is_some_and(process::is_alive);
        Facts {
            stage: self.course.stage,
            failed: self.failure.is_some(),
            strays: self.course.stage == Stage::Begun && !self.strays.is_empty(),
            same_tree: self.live.as_ref().is_some_and(runs),
            artefact: match (&self.course.report.artefact, self.is_sound) {
                (None, _) => Artefact::Unknown,
                (Some(_), false) => Artefact::Named,
                (Some(_), true) => Artefact::Sound,
            },
            green: match &self.green {
                None => Green::None,
                Some(green) if !green.process.is_some_and(process::is_alive) => Green::Dead,
                Some(_) if self.is_healthy => Green::Healthy,
                Some(_) => Green::Started,
            },
            replay_open: matches!(self.course.order.mode, Mode::Heal { .. }) && !self.is_replayed,
            confirmed: self.is_confirmed,
            front: self.front,
            bake: self.bake,
            has_former: self.course.former.is_some(),
        }
    }

    async fn act(&mut self, step: Step) -> Result<(), OperationFailed> {
        match step {
            Step::EndStrays => self.end_strays().await,
            Step::Adopt => self.adopt().await,
            Step::FindArtefact => self.find_artefact().await,
            Step::CheckArtefact => self.check_artefact().await,
            Step::Start => self.start().await,
            Step::AwaitHealth => self.await_health().await,
            Step::Replay => self.replay().await,
            Step::Confirm => self.confirm().await,
            Step::Intend => self.intend().await,
            Step::Switch => self.switch().await,
            Step::GoLive => self.go_live().await,
            Step::Bake => self.watch_bake().await,
            Step::Finish => self.finish().await,
            Step::TurnBack => self.turn_back().await,
            Step::GoBack => self.go_back().await,
            Step::Abandon => self.abandon().await,
            Step::Answer => Ok(()),
        }
    }

    /// Records the course, with what changes along with it.
    pub(super) async fn record(&self, change: Change<'_>) -> Result<(), OperationFailed> {
        self.site.shared.ledger.record(&self.course, change, self.site.now()).await.map_err(away)
    }

    /// Adds a sentence for the asking side.
    pub(super) fn say(&mut self, why: impl AsRef<str>) {
        let said = &mut self.course.report.why;
        if !said.is_empty() {
            said.push_str("; ");
        }
        said.push_str(why.as_ref());
    }
}
