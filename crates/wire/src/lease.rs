//! Leases: at most one healer moves an incident at a time, and a late one is found out by its fencing token.

use crate::incident::Incident;
use crate::{Authority, Fence};
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
}
