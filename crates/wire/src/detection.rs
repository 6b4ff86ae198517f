//! What the router, or the application itself, reports. The texts may hold secrets of the application: whoever makes or
//! takes in a detection passes them through [`crate::redact()`] before they are kept, shown or sent on.

use crate::{EventId, FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bounds of a detection's texts, in bytes. Longer ones are refused by the store and cut by the router.
pub const MAX_MESSAGE: usize = 4 * 1024;
/// Bound of the raw line.
pub const MAX_LINE: usize = 16 * 1024;
/// Bound of the number of context lines.
pub const MAX_CONTEXT: usize = 50;
/// Bound of the number of other fields.
pub const MAX_FIELDS: usize = 32;
/// Bound of a field's name or value.
pub const MAX_FIELD: usize = 256;

/// Who saw the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The application's own report.
    Application,
    /// `fault-router`, from a log line.
    Router,
    /// `warden`, from a look at the resource itself.
    Warden,
    /// Somebody whose call failed, and who handed it over.
    Caller,
    /// Anything newer.
    #[serde(other)]
    Unknown,
}

/// One occurrence of a fault. `POST /v1/detections`, role `ingest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// The target it befell.
    pub target: TargetName,
    /// Which fault.
    pub code: FaultCode,
    /// This occurrence; `(target, event_id)` is unique.
    pub event_id: EventId,
    /// Who saw it.
    pub source: Source,
    /// When it happened, by the line's or the application's own clock.
    pub at: DateTime<Utc>,
    /// One sentence.
    #[serde(default)]
    pub message: String,
    /// The application's own word for the cause, e.g. `external_timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The raw line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Lines around it of the same stream.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    /// The W3C trace context of the failing request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// The failing request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The version that failed, as the application names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The part of the target that failed, as the application names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// What else the line said of itself: its other fields, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// What became of a detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It opened an incident.
    Created,
    /// It joined an open one.
    Joined,
    /// The same occurrence was known already.
    Duplicate,
    /// It reopened an incident that was thought resolved.
    Reopened,
}

/// The store's answer to a detection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The incident it belongs to.
    pub incident: IncidentId,
    /// What became of it.
    pub disposition: Disposition,
}
