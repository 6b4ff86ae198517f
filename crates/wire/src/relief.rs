//! Reliefs: what stops the bleeding at the front, reversibly, while the cure is made. `healer` asks `deployer`, which writes them
//! into the route table; the target file says what they consist of.

use crate::target::Relief;
use crate::{Authority, Epoch, FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The longest that a relief may stand, seconds: what nobody withdraws ends by itself.
pub const MAX_RELIEF_S: u32 = 3_600;
/// The answer's header that tells which relief made it: `stale`, `breaker` or `shed`.
pub const RELIEF_HEADER: &str = "x-kintsugi-relief";

/// Put a fault's reliefs in force. The same incident again changes nothing. Answers [`Relieved`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relieve {
    /// The incident that they are for; with it they are withdrawn.
    pub incident: IncidentId,
    /// The target.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// The lease and the epoch.
    pub authority: Authority,
}

/// Take an incident's reliefs away. Where none stands, nothing is done. Answers [`Withdrawn`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdraw {
    /// Whose.
    pub incident: IncidentId,
    /// The target.
    pub target: TargetName,
    /// The lease and the epoch.
    pub authority: Authority,
}

/// Reliefs are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relieved {
    /// In words.
    pub what: String,
    /// When they end by themselves.
    pub until: DateTime<Utc>,
}

/// No relief of the incident is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// In words what stood until now; empty where nothing did.
    pub what: String,
    /// How many requests it answered; none where nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<u64>,
}

/// The reliefs of an incident, as the route table has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The incident.
    pub incident: IncidentId,
    /// Whose paths: only routes to this target are eased.
    pub target: TargetName,
    /// The epoch of the incident; a reset takes those of older ones away.
    pub epoch: Epoch,
    /// From then on they mean nothing, whoever has forgotten to withdraw them.
    pub until: DateTime<Utc>,
    /// What is done, all of it together.
    pub eases: Vec<Ease>,
}

/// One thing that the front does. A reader that does not know it leaves it undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ease {
    /// The last good answer instead of a failure, see [`Relief::Stale`].
    #[expect(missing_docs, reason = "as in the target file")]
    Stale { paths: Vec<String>, max_age_s: u32, patience_ms: u64 },
    /// Nothing is passed on for a while, see [`Relief::Breaker`].
    #[expect(missing_docs, reason = "as in the target file")]
    Breaker { paths: Vec<String>, retry_after_s: u32 },
    /// No more than so many requests at once, see [`Relief::Shed`].
    #[expect(missing_docs, reason = "as in the target file")]
    Shed { paths: Vec<String>, at_most: u32, retry_after_s: u32 },
    /// What a newer writer knows.
    #[serde(other)]
    Unknown,
}

impl Ease {
    /// Below which paths.
    pub fn paths(&self) -> &[String] {
        match self {
            Ease::Stale { paths, .. } | Ease::Breaker { paths, .. } | Ease::Shed { paths, .. } => paths,
            Ease::Unknown => &[],
        }
    }
}

impl From<&Relief> for Ease {
    fn from(relief: &Relief) -> Self {
        match relief.clone() {
            Relief::Stale { paths, max_age_s, patience_ms } => Ease::Stale { paths, max_age_s, patience_ms },
            Relief::Breaker { paths, retry_after_s } => Ease::Breaker { paths, retry_after_s },
            Relief::Shed { paths, at_most, retry_after_s } => Ease::Shed { paths, at_most, retry_after_s },
        }
    }
}

impl std::fmt::Display for Ease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.paths().join(", ");
        match self {
            Ease::Stale { max_age_s, .. } => {
                write!(f, "answers of at most {max_age_s} s ago instead of failures on {at}")
            }
            Ease::Breaker { retry_after_s, .. } => {
                write!(f, "nothing passed on to {at} while it fails, but one try every {retry_after_s} s")
            }
            Ease::Shed { at_most, .. } => write!(f, "no more than {at_most} requests at once on {at}"),
            Ease::Unknown => f.write_str("something that this version does not know"),
        }
    }
}

impl Standing {
    /// What stands, in words.
    pub fn told(&self) -> String {
        let eases: Vec<String> = self.eases.iter().map(Ease::to_string).collect();
        eases.join("; ")
    }
}
