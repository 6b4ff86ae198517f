//! Incidents beside each other: what is open now, in short, and what rests under what.

use crate::incident::{Incident, Status};
use crate::{FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `GET /v1/open-incidents`: everything that is open, for whoever asks what belongs together.
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
    /// When the store last heard of an occurrence.
    pub last_at: DateTime<Utc>,
    /// How often it was seen.
    pub occurrences: u32,
    /// Whether a change of it stands on the branch.
    #[serde(default)]
    pub pushed: bool,
    /// Whether it was found to be no symptom.
    #[serde(default)]
    pub separated: bool,
    /// The incident that it rests under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<IncidentId>,
}

impl OpenIncident {
    /// In short, with when the store last heard of it.
    pub fn of(incident: &Incident, last_at: DateTime<Utc>) -> Self {
        Self {
            id: incident.id,
            target: incident.target.clone(),
            code: incident.code.clone(),
            status: incident.status,
            first_at: incident.detection.at,
            last_at,
            occurrences: incident.occurrences,
            pushed: incident.commit.is_some(),
            separated: incident.separated,
            parent: incident.parent,
        }
    }
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
