//! A roll-out under way: what was asked, how far it has come, and what a restart needs to go on.

use crate::bake::Baseline;
use crate::instance::InstanceId;
use crate::plan::Stage;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wire::plan::Suspect;
use wire::rollout::{Deploy, Mode, Rollout, RolloutOutcome};
use wire::{CommitId, Digest, Epoch, OperationKey, TargetName, TreeId};

/// What is to be rolled out, and for whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) target: TargetName,
    pub(crate) commit: CommitId,
    pub(crate) tree: TreeId,
    pub(crate) mode: Mode,
    /// Given by the asking side.
    pub(crate) artefact: Option<Digest>,
    /// None when the reconciler began it: the head speaks for itself.
    pub(crate) asked: Option<Asked>,
    /// Whether a developer had pushed it: no recovery, no reset.
    #[serde(default)]
    pub(crate) developers: bool,
}

/// The operation behind an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) key: OperationKey,
    pub(crate) epoch: Epoch,
}

impl Order {
    /// The order of an operation.
    pub(crate) fn of(deploy: &Deploy, key: OperationKey) -> Self {
        Self {
            target: deploy.target.clone(),
            commit: deploy.commit.clone(),
            tree: deploy.tree.clone(),
            mode: deploy.mode.clone(),
            artefact: deploy.artefact.clone(),
            asked: Some(Asked { key, epoch: deploy.authority.epoch }),
            developers: false,
        }
    }
}

/// What ran before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Former {
    /// None where a pipeline ran it.
    pub(crate) instance: Option<InstanceId>,
    pub(crate) commit: CommitId,
    pub(crate) since: DateTime<Utc>,
}

/// A roll-out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Course {
    pub(crate) order: Order,
    /// From 1; grows when one has ended without going live and is tried again.
    pub(crate) attempt: u32,
    pub(crate) stage: Stage,
    pub(crate) began_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) green: Option<InstanceId>,
    pub(crate) former: Option<Former>,
    pub(crate) baseline: Option<Baseline>,
    /// What the asking side will be told; its outcome is unknown until the end.
    pub(crate) report: Rollout,
}

impl Course {
    /// Begins a roll-out; `earlier` is what the table holds of the same commit.
    pub(crate) fn begin(order: Order, earlier: Option<&Course>, now: DateTime<Utc>) -> Self {
        let report = Rollout {
            target: order.target.clone(),
            commit: order.commit.clone(),
            tree: order.tree.clone(),
            artefact: None,
            told_by: None,
            outcome: RolloutOutcome::Unknown,
            why: String::new(),
            healthy_at: None,
            switched_at: None,
            replay: None,
            spans: Vec::new(),
        };
        Self {
            attempt: earlier.map_or(1, Course::next_attempt),
            order,
            stage: Stage::Begun,
            began_at: now,
            ended_at: None,
            green: None,
            former: None,
            baseline: None,
            report,
        }
    }

    /// An attempt that a crash cut short is the same attempt: what it asked of others is found again under its key.
    fn next_attempt(&self) -> u32 {
        match (self.stage, self.report.outcome) {
            (Stage::Ended, RolloutOutcome::Live) => 1,
            (Stage::Ended, _) => self.attempt.saturating_add(1),
            _ => self.attempt,
        }
    }

    /// Since when a developer's push is live that took the place of another version: it may have brought what is seen after it.
    pub(crate) fn suspect(&self) -> Option<Suspect> {
        // While it is watched it is live already, and a fault shows then soonest.
        let is_live = self.report.outcome == RolloutOutcome::Live || self.stage == Stage::Baking;
        let took_over = self.order.developers && self.former.is_some() && is_live;
        let live_since = self.report.switched_at.filter(|_| took_over)?;
        Some(Suspect { commit: self.order.commit.clone(), live_since })
    }

    /// Whether an operation is answered by this and nothing is done: one roll-out a commit, one answer a key.
    pub(crate) fn answers(&self, key: &OperationKey) -> bool {
        let same_key = self.order.asked.as_ref().is_some_and(|asked| asked.key == *key);
        match self.report.outcome {
            _ if self.stage != Stage::Ended => false,
            RolloutOutcome::Live => true,
            RolloutOutcome::Refused | RolloutOutcome::RolledBack | RolloutOutcome::Superseded => same_key,
            RolloutOutcome::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(stage: Stage, outcome: RolloutOutcome) -> Course {
        let order = Order {
            target: "tiny".parse().expect("a name"),
            commit: "a".repeat(40).parse().expect("a commit id"),
            tree: "b".repeat(40).parse().expect("a tree id"),
            mode: Mode::Plain,
            artefact: None,
            asked: Some(Asked { key: key("deploy-1"), epoch: Epoch(1) }),
            developers: false,
        };
        let mut course = Course::begin(order, None, DateTime::UNIX_EPOCH);
        (course.stage, course.report.outcome) = (stage, outcome);
        course
    }

    fn key(step: &str) -> OperationKey {
        OperationKey::new("incident", step).expect("a key")
    }

    #[test]
    fn what_went_live_answers_every_key_and_what_did_not_only_its_own() {
        use RolloutOutcome::{Live, Refused, RolledBack, Superseded, Unknown};
        for (outcome, own, other) in [
            (Live, true, true),
            (Refused, true, false),
            (RolledBack, true, false),
            (Superseded, true, false),
            (Unknown, false, false),
        ] {
            let ended = course(Stage::Ended, outcome);
            assert_eq!((ended.answers(&key("deploy-1")), ended.answers(&key("deploy-2"))), (own, other), "{outcome:?}");
            assert!(!course(Stage::Baking, outcome).answers(&key("deploy-1")), "it is not over");
        }
    }

    #[test]
    fn only_what_a_developer_pushed_and_what_took_the_place_of_another_version_is_a_suspect() {
        let mut pushed = course(Stage::Ended, RolloutOutcome::Live);
        let at = DateTime::UNIX_EPOCH;
        let former =
            Former { instance: Some(InstanceId(uuid::Uuid::nil())), commit: pushed.order.commit.clone(), since: at };
        (pushed.order.developers, pushed.report.switched_at, pushed.former) = (true, Some(at), Some(former));
        assert_eq!(pushed.suspect().map(|suspect| suspect.live_since), Some(at));
        let without = |change: fn(&mut Course)| {
            let mut other = pushed.clone();
            change(&mut other);
            other.suspect()
        };
        let watched =
            without(|course| (course.stage, course.report.outcome) = (Stage::Baking, RolloutOutcome::Unknown));
        assert_eq!(watched.map(|suspect| suspect.live_since), Some(at), "it is live while it is watched");
        assert_eq!(without(|course| course.order.developers = false), None, "a recovery, a revert, a reset");
        assert_eq!(without(|course| course.former = None), None, "there is nothing to go back to");
        assert_eq!(without(|course| course.report.outcome = RolloutOutcome::RolledBack), None);
        assert_eq!(without(|course| course.report.switched_at = None), None);
    }

    #[test]
    fn only_an_attempt_that_came_to_an_end_is_followed_by_another_one() {
        let next = |earlier: &Course| Course::begin(earlier.order.clone(), Some(earlier), DateTime::UNIX_EPOCH).attempt;
        assert_eq!(next(&course(Stage::Begun, RolloutOutcome::Unknown)), 1);
        assert_eq!(next(&course(Stage::Ended, RolloutOutcome::Refused)), 2);
        assert_eq!(next(&course(Stage::Ended, RolloutOutcome::Unknown)), 2);
        assert_eq!(next(&course(Stage::Ended, RolloutOutcome::Live)), 1);
    }
}
