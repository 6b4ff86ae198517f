//! The reset, and pausing.

use crate::proposal::PushOutcome;
use crate::{Epoch, Problem, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `POST /developer/incidents/reset`: what happened to each thing. Partial failure is said, not hidden.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResetReport {
    /// The epoch that began.
    pub epoch: Epoch,
    /// When.
    pub reset_at: DateTime<Utc>,
    /// How many live incidents were archived.
    pub archived: u64,
    /// How many leases were revoked.
    pub leases_revoked: u64,
    /// What became of each target's fault files.
    pub code_reset: Vec<CodeReset>,
    /// Healing is paused until resumed.
    pub paused: bool,
    /// Whether everything worked.
    pub complete: bool,
}

/// What became of one target's fault files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeReset {
    /// The target.
    pub target: TargetName,
    /// The push, which the deployer then rolls out by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushOutcome>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Whether healing goes on. `GET /developer/incidents/state`, also the answer to `pause` and `resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealingState {
    /// The epoch.
    pub epoch: Epoch,
    /// Whether no lease is granted.
    pub paused: bool,
    /// When the last reset was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_at: Option<DateTime<Utc>>,
}

/// `GET /developer/incidents/api/data`: everything at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Whether healing goes on.
    pub state: HealingState,
    /// Targets whose fault files the last reset has not been told about yet; empty when no reset is under way.
    #[serde(default)]
    pub reset_pending: Vec<TargetName>,
    /// The newest incidents, archived ones too.
    pub incidents: Vec<crate::incident::Incident>,
    /// Where the next page begins (`before=`), if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The place in the feed from which the stream goes on after this answer.
    #[serde(default)]
    pub cursor: crate::Cursor,
}
