//! An incident as people see it: its whole story in one answer, and its changes as they happen.

use crate::check::Checked;
use crate::event::{Event, Step};
use crate::incident::{Incident, Severity, Status};
use crate::plan::Neighbour;
use crate::related::Relative;
use crate::span::Stage;
use crate::verification::Gate;
use crate::{Cursor, Epoch, FaultCode, IncidentId, Position, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `GET /developer/incidents/api/incidents/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// As it stands.
    pub incident: Incident,
    /// Its journal, first event first.
    pub events: Vec<Event>,
    /// Whether the journal has more events than are here.
    #[serde(default)]
    pub truncated: bool,
    /// What happened, why, and how it was proved, in sentences.
    pub story: Vec<Chapter>,
    /// When each stage was reached, in the order of time.
    pub stages: Vec<Reached>,
    /// From the failing line to the end, milliseconds; none while it is not resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<f64>,
    /// The platform's own share of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_ms: Option<f64>,
    /// What the knowledge base found, best first.
    pub neighbours: Vec<Neighbour>,
    /// The change: the one in force, else the last that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The failing line and the lines around it, as they were logged. Untrusted text.
    pub lines: Vec<String>,
    /// The gates of that change.
    pub gates: Vec<GateView>,
    /// Whether journal, certificate and row hold.
    pub check: CheckView,
    /// The incident that it rests under, or has gone with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Relative>,
    /// The incidents that rest under it, or have gone with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Relative>,
    /// How many distinct occurrences were reported, also those that the journal does not tell of.
    pub occurrences_total: u64,
    /// What a person may do now: `approve`, `reject`, `resolve`, `dismiss`.
    pub actions: Vec<String>,
    /// The place in the feed from which the stream goes on after this answer.
    pub cursor: Cursor,
}

/// A part of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// When.
    pub at: DateTime<Utc>,
    /// A few words.
    pub title: String,
    /// A few sentences. Untrusted text.
    pub text: String,
}

/// A stage that was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// Which.
    pub stage: Stage,
    /// When.
    pub at: DateTime<Utc>,
    /// How long after the one before, milliseconds.
    pub ms: f64,
}

/// A gate with its evidence in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateView {
    /// Which.
    pub gate: Gate,
    /// Whether it passed.
    pub passed: bool,
    /// Its code.
    pub code: String,
    /// One or two sentences.
    pub why: String,
    /// The evidence as text, cut. Untrusted text.
    pub evidence: String,
}

/// Whether everything holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// Whether it does.
    pub holds: bool,
    /// One sentence.
    pub text: String,
    /// What was counted, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Checked>,
}

/// An event of the stream that tells of an incident. Its SSE id is the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The place in the feed.
    pub cursor: Cursor,
    /// Whose.
    pub incident: IncidentId,
    /// The event's place in the journal.
    pub position: Position,
    /// The event's kind.
    pub kind: String,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The step it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// The target.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// Where the incident stood when the event was read: never before the event, perhaps after it.
    pub status: Status,
    /// How bad it is.
    pub severity: Severity,
    /// How often it was seen.
    pub occurrences: u32,
    /// What happened, in one sentence. Untrusted text.
    pub text: String,
    /// Nothing happens before this, because somebody else asked for patience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// `hello`, `healing_paused`, `healing_resumed`, `reset`, `resync`: what the stream tells of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// The epoch.
    pub epoch: Epoch,
    /// Whether no lease is granted.
    pub paused: bool,
    /// When the last reset was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_at: Option<DateTime<Utc>>,
}
