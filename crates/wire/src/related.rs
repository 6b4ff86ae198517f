//! Incidents beside each other: what is open now, in short, and what rests under what.

use crate::incident::Status;
use crate::{FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `GET /v1/open-incidents`: everything that is open or was healed a moment ago, for whoever asks what belongs together: a symptom may be told
/// when its cause is cured already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIncidents {
    /// Newest first.
    pub incidents: Vec<OpenIncident>,
}

/// An open incident in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIncident {
    /// Its id.
    pub id: IncidentId,
    /// The target it befell.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// Where it stands.
    pub status: Status,
    /// When it first happened, by the target's own clock.
    pub first_at: DateTime<Utc>,
    /// When the store last heard of an occurrence; of what is healed, when it was.
    pub last_at: DateTime<Utc>,
    /// Whether a change of it stands on the branch.
    #[serde(default)]
    pub pushed: bool,
    /// Whether it is known to be its target's own: it rested as a symptom and was none, or a cure of its own had healed it once.
    #[serde(default)]
    pub own: bool,
    /// The incident that it rests under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<IncidentId>,
}

/// An incident that belongs to another one, as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relative {
    /// Its id.
    pub id: IncidentId,
    /// The target it befell.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// Where it stands.
    pub status: Status,
}
