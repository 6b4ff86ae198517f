//! What is asked of `warden`, and what it answers.

use super::{Intent, Prepare, Remedy, ResourceName};
use crate::{Authority, FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Heal a resource of a target. Answers [`ActReport`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// The incident it is for.
    pub incident: IncidentId,
    /// The target.
    pub target: TargetName,
    /// The fault; the target file names the resource that it is about.
    pub code: FaultCode,
    /// The lease and the epoch.
    pub authority: Authority,
    /// Just this is done, where a person was asked; none: whatever the playbook finds right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Box<Intent>>,
}

/// What `warden` is asked to do under one operation key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum WardTask {
    /// Heal the resource. Answers [`ActReport`].
    Act(Act),
    /// Look, change nothing, and say what would be done. Answers [`super::Prepared`].
    Prepare(Prepare),
    /// Look at the resource for a while, and change nothing. Answers [`WatchReport`].
    Watch(Watch),
}

/// Look whether a resource is and stays well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The target.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// For how long, milliseconds.
    pub for_ms: u64,
}

/// What was seen in that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchReport {
    /// The resource.
    pub resource: ResourceName,
    /// How often it was looked at.
    pub looks: u32,
    /// How often every invariant held.
    pub well: u32,
    /// How often one was known not to hold.
    pub ill: u32,
    /// What was seen the first time that not everything held, else at last.
    pub seen: Vec<Invariant>,
    /// What stands in place for the time being.
    #[serde(default)]
    pub held: Vec<Held>,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
}

/// `GET /v1/resources`: how the resources are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceView {
    /// The target.
    pub target: TargetName,
    /// The resource.
    pub resource: ResourceName,
    /// The fault that is reported of it.
    pub fault: FaultCode,
    /// What was seen at the last look; empty before the first.
    pub seen: Vec<Invariant>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// What stands in place for the time being.
    pub held: Vec<Held>,
}

/// Something that holds when the resource is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invariant {
    /// For people, e.g. `the file can be read`.
    pub name: String,
    /// Whether it holds; none: nobody could tell, which is no yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// What it weighs when it does not hold.
    pub weight: u32,
    /// What was seen, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen: String,
}

/// How bad it is: the sum of the weights of what does not hold or cannot be told. 0: all is well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(pub u32);

impl Level {
    /// Of invariants.
    pub fn of(invariants: &[Invariant]) -> Self {
        let lost = invariants.iter().filter(|invariant| invariant.holds != Some(true));
        Level(lost.map(|invariant| invariant.weight).fold(0, u32::saturating_add))
    }
}

/// A remedy that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// What.
    pub remedy: Remedy,
    /// How bad it was before.
    pub before: Level,
    /// And after.
    pub after: Level,
    /// Whether it stands; else it was taken back, as it made nothing better.
    pub kept: bool,
    /// What was done, or why it could not be.
    pub what: String,
    /// When it began.
    pub from: DateTime<Utc>,
    /// When it was known whether it helps.
    pub to: DateTime<Utc>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActOutcome {
    /// Every invariant holds, and nothing is in place that has to be withdrawn.
    Healed,
    /// Every invariant holds, with something in place for the time being.
    Relieved,
    /// Better than before, and not well.
    Better,
    /// Nothing helped; everything that was tried was taken back.
    Unhealed,
    /// What was tried could not be taken back.
    UndoFailed,
    /// What would be done next is not what was approved, so it was not done.
    NotApproved,
    /// Nobody could tell how it is; what a newer writer knows.
    #[serde(other)]
    Unverified,
}

/// What stands in place for the time being.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What.
    pub remedy: Remedy,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What was done and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActReport {
    /// The resource.
    pub resource: ResourceName,
    /// How it ended.
    pub outcome: ActOutcome,
    /// What was wrong, one or two sentences.
    pub diagnosis: String,
    /// What was seen at first.
    pub first: Vec<Invariant>,
    /// What was seen at last.
    pub last: Vec<Invariant>,
    /// What was tried, in order.
    #[serde(default)]
    pub tried: Vec<Tried>,
    /// What stands in place for the time being.
    #[serde(default)]
    pub held: Vec<Held>,
    /// What a person has to know or to do.
    #[serde(default)]
    pub advice: Vec<String>,
}
