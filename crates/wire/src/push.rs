//! What `POST /v1/logs` answers to lines that were pushed as NDJSON; OTLP has an answer of its own.

use serde::{Deserialize, Serialize};

/// How many refused lines are told one by one.
pub const MAX_TOLD: usize = 20;

/// What became of a body of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// How many lines were taken. Detections among them are on disk.
    pub accepted: u64,
    /// How many of those were recognised as faults.
    pub detections: u64,
    /// How many lines were refused.
    pub rejected: u64,
    /// The first refused lines, at most [`MAX_TOLD`].
    #[serde(default)]
    pub errors: Vec<RefusedLine>,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLine {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it, and what would be right.
    pub message: String,
}
