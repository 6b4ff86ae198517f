//! The projection of an incident's journal.

mod asked;
mod eased;
mod status;

pub use eased::Eased;
pub use status::Status;

use crate::detection::Detection;
use crate::event::{EscalationReason, Step};
use crate::model::ModelUse;
use crate::plan::{Distilled, Plan};
use crate::proposal::Proposal;
use crate::runtime::{ActOutcome, Intent};
use crate::{CommitId, Digest, Epoch, FaultCode, IncidentId, Position, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How bad it is, from the target's catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Severity {
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

impl Severity {
    /// As it stands in JSON and in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// The step that was begun and has no outcome yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// The step.
    pub step: Step,
    /// Its attempt, from 1.
    pub attempt: u32,
    /// The option it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<u32>,
}

/// A cure after which the fault came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameBack {
    /// The option of the plan.
    pub option: u32,
    /// The rule that its patch was distilled into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distilled: Option<Box<Distilled>>,
}

/// A runtime action that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// What was done.
    pub what: String,
    /// What came of it.
    pub outcome: ActOutcome,
    /// When it was known.
    #[serde(default)]
    pub at: DateTime<Utc>,
    /// How often the fault had been seen by then.
    #[serde(default)]
    pub occurrences: u32,
    /// Whether it is only what stood before, looked at again.
    #[serde(default)]
    pub again: bool,
}

/// An incident: the fold of its journal by [`crate::apply::apply`], kept in the `incidents` row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The target it befell.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// Where it stands.
    pub status: Status,
    /// The epoch it belongs to.
    pub epoch: Epoch,
    /// The last event's position.
    pub position: Position,
    /// The last event's hash.
    pub head: Digest,
    /// How many distinct occurrences were seen.
    pub occurrences: u32,
    /// The first detection.
    pub detection: Detection,
    /// When the store wrote the first event.
    pub detected_at: DateTime<Utc>,
    /// When the store wrote the last event.
    pub updated_at: DateTime<Utc>,
    /// The trace that the recovery belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// The plan in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The option that is being tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<u32>,
    /// Options that were refused or failed; never tried again for this incident.
    #[serde(default)]
    pub spent: BTreeSet<u32>,
    /// How often the branch moved under an option, which is then proposed again.
    #[serde(default)]
    pub base_moved: u32,
    /// The step under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<InFlight>,
    /// How often each step was begun.
    #[serde(default)]
    pub attempts: BTreeMap<Step, u32>,
    /// How often in a row the last step failed without a result.
    #[serde(default)]
    pub failures_in_a_row: u32,
    /// When it last did; the wait for the next attempt counts from here, whatever else is journaled meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<DateTime<Utc>>,
    /// The first of those failures, by when it was journaled: a failure that may pass is tried again for a while from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<DateTime<Utc>>,
    /// Whether the last failure may pass by itself: something that the step needs did not answer.
    #[serde(default)]
    pub may_pass: bool,
    /// Set when an undo was begun because a step gave no result: no other option is tried then.
    #[serde(default)]
    pub gave_up: bool,
    /// The admitted change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Box<Proposal>>,
    /// What a playbook would do, where a person is asked before it is run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Box<Intent>>,
    /// The approval asked for, until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_expires_at: Option<DateTime<Utc>>,
    /// The digest that a person approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Digest>,
    /// The pushed commit, until it is undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// Set when what was done must be taken back, with the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// The runtime action that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acted: Option<Acted>,
    /// The replay on live, or the watch over the resource, that proved the cure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<crate::ReplayId>,
    /// Set when verification gave no answer.
    #[serde(default)]
    pub unverified: bool,
    /// Why the last option came to nothing, for the diagnosis.
    #[serde(default)]
    pub refusals: Vec<String>,
    /// Why a person is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<EscalationReason>,
    /// When it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<DateTime<Utc>>,
    /// Whether it was resolved by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// The knowledge-base document it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// How often it came back.
    #[serde(default)]
    pub recurrences: u32,
    /// How often a person had it tried again.
    #[serde(default)]
    pub retries: u32,
    /// The digests of remedies that came to nothing before that; they stay spent in every later plan.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tried: BTreeSet<Digest>,
    /// What had healed it, and did not last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_back: Option<CameBack>,
    /// The incident whose cause is this one's too; it rests under that one, or has gone with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<IncidentId>,
    /// Whether it rested under another one and is there all the same: it is its target's own from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub separated: bool,
    /// What has no easy way back waits at least until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postponed_until: Option<DateTime<Utc>>,
    /// What eases it at the front, or did; the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eased: Option<Eased>,
    /// What language models took.
    #[serde(default, skip_serializing_if = "ModelUse::is_none")]
    pub models: ModelUse,
}

/// `GET /v1/incidents`: a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentPage {
    /// Newest first.
    pub incidents: Vec<Incident>,
    /// Where the next page begins (`before=`), if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
