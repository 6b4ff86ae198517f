//! Leases: at most one healer moves an incident at a time, and a late one is found out by its fencing token.

use crate::incident::{InFlight, Incident, Status};
use crate::{Authority, Fence, IncidentId, Position, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `POST /v1/leases`: give me an incident that wants a move. Answers 200 [`Lease`] or 204.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRequest {
    /// Who asks, for people.
    pub holder: String,
    /// For how long, milliseconds, 500 to 120,000.
    pub ttl_ms: u64,
    /// How long to wait for one, milliseconds, at most 30,000.
    #[serde(default)]
    pub wait_ms: u64,
}

/// A lease.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// The incident as it stands.
    pub incident: Incident,
    /// The token and the epoch that go with every effect and append.
    pub authority: Authority,
    /// When it ends unless renewed.
    pub expires_at: DateTime<Utc>,
}

/// `POST /v1/leases/{incident}/renew`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renew {
    /// The lease's token.
    pub fence: Fence,
    /// For how long from now, milliseconds.
    pub ttl_ms: u64,
}

/// `POST /v1/leases/{incident}/release`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The lease's token.
    pub fence: Fence,
    /// When the incident wants its next move; none: at the next event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<DateTime<Utc>>,
    /// True when nothing more is to be done until a new event comes.
    #[serde(default)]
    pub done: bool,
    /// The last event that the holder has seen. When the journal has moved on, the incident wants its next move at once:
    /// without it, what was appended just before the release (an approval) would be overlooked until the next wake-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Position>,
}

/// `GET /v1/work` of a healer: what it holds now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The name under which it asks for leases.
    pub holder: String,
    /// How many incidents it moves at once, at most.
    pub parallel: usize,
    /// What it holds.
    pub held: Vec<Held>,
}

/// An incident that a healer holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The incident.
    pub incident: IncidentId,
    /// Its target.
    pub target: TargetName,
    /// Where it stands.
    pub status: Status,
    /// The step under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<InFlight>,
    /// The lease's token and epoch.
    pub authority: Authority,
    /// Since when.
    pub since: DateTime<Utc>,
}
