//! Spans of time and stages of a recovery, as the journal keeps them.

use crate::model::ModelCall;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the time of a span went to. Everything that is not one of the named kinds is the platform's own share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// The target's own work, e.g. answering the failing request or starting up.
    Target,
    /// The target's build.
    Build,
    /// The target's tests.
    Test,
    /// Replays of requests, with the wait for their witnesses.
    Replay,
    /// Waiting for a started instance to become healthy.
    Health,
    /// Watching the live version after the switch.
    Bake,
    /// Waiting for a person's word.
    Person,
    /// Waiting for a language model, its delays and retries included.
    Model,
    /// The platform's own work; also what an older reader makes of a newer kind.
    #[serde(other)]
    Platform,
}

impl SpanKind {
    /// As it stands in JSON and in traces.
    pub fn as_str(self) -> &'static str {
        match self {
            SpanKind::Target => "target",
            SpanKind::Build => "build",
            SpanKind::Test => "test",
            SpanKind::Replay => "replay",
            SpanKind::Health => "health",
            SpanKind::Bake => "bake",
            SpanKind::Person => "person",
            SpanKind::Model => "model",
            SpanKind::Platform => "platform",
        }
    }
}

/// One span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it went to.
    pub kind: SpanKind,
    /// For people, e.g. `cargo build`.
    pub name: String,
    /// Beginning.
    pub start: DateTime<Utc>,
    /// End.
    pub end: DateTime<Utc>,
}

/// The stages of a recovery, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The failing request was sent (known to the client only).
    Fault,
    /// The failing line was written, by its own time stamp.
    Line,
    /// The incident was committed.
    Incident,
    /// The plan stands.
    Plan,
    /// A candidate was made.
    Proposed,
    /// The candidate passed the gates.
    Verified,
    /// The commit is on the branch.
    Pushed,
    /// Green answers its health check.
    Healthy,
    /// Traffic goes to green.
    Switched,
    /// The failing request succeeded on live.
    Replayed,
    /// The incident is resolved.
    Resolved,
    /// A stage that a newer writer knows.
    #[serde(other)]
    Unknown,
}

impl Stage {
    /// All known stages in order.
    pub const ALL: [Stage; 11] = [
        Stage::Fault,
        Stage::Line,
        Stage::Incident,
        Stage::Plan,
        Stage::Proposed,
        Stage::Verified,
        Stage::Pushed,
        Stage::Healthy,
        Stage::Switched,
        Stage::Replayed,
        Stage::Resolved,
    ];

    /// As it stands in JSON and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Fault => "fault",
            Stage::Line => "line",
            Stage::Incident => "incident",
            Stage::Plan => "plan",
            Stage::Proposed => "proposed",
            Stage::Verified => "verified",
            Stage::Pushed => "pushed",
            Stage::Healthy => "healthy",
            Stage::Switched => "switched",
            Stage::Replayed => "replayed",
            Stage::Resolved => "resolved",
            Stage::Unknown => "unknown",
        }
    }
}

/// One sign of progress of an operation: a stage reached, a span finished, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// When.
    pub at: DateTime<Utc>,
    /// One line for people.
    pub note: String,
    /// The stage this reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The span this ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The call of a language model that this tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Box<ModelCall>>,
    /// For how long nothing will happen, because somebody else asked for patience, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

impl Progress {
    /// One line, without stage, span, call or delay.
    pub fn note(at: DateTime<Utc>, note: impl Into<String>) -> Self {
        Self { at, note: note.into(), stage: None, span: None, call: None, delay_ms: None }
    }
}
