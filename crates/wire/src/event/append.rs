//! An event on its way into the journal, as the store keeps it, and the certificate over it.

use super::Body;
use crate::{CommitId, Cursor, Digest, Fence, IncidentId, Position};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The heal certificate: what stands in the journal when an incident is resolved, in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The last event that it covers.
    pub position: Position,
    /// That event's hash: the chain up to here.
    pub head: Digest,
    /// The plan's canonical JSON.
    pub plan: Digest,
    /// The admitted change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Digest>,
    /// What was built and runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Digest>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The replay on live that proved it.
    pub replay: crate::ReplayId,
    /// One sentence on the symptom before.
    pub before: String,
    /// One sentence on the symptom after.
    pub after: String,
    /// What eased it until then, and from when to when; none where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relief: Option<String>,
}

/// `POST /v1/incidents/{id}/events`: an append under a lease.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Append {
    /// Where the writer believes the journal ends: the new event's position.
    pub position: Position,
    /// The lease's token.
    pub fence: Fence,
    /// Idempotency key within the incident; the same key again answers with the first event.
    pub key: String,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
    /// The W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
}

/// An event as the store keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The place in the feed of all events.
    pub cursor: Cursor,
    /// Whose.
    pub incident: IncidentId,
    /// The place in the incident's journal.
    pub position: Position,
    /// The idempotency key.
    pub key: String,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
    /// The W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// When the store wrote it, microseconds.
    pub at: DateTime<Utc>,
    /// The hash of this event chained to the one before, see [`crate::chain`].
    pub hash: Digest,
}

/// `GET /v1/events`: a page of the feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// The events in the order of their cursors.
    pub events: Vec<Event>,
    /// Where to go on.
    pub next: Cursor,
}
