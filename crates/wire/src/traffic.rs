//! Healthy traffic as it is recorded: `front` writes `<target>.jsonl`, one exchange a line, and `verifier` repeats them.

use crate::target::Request;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The largest body that is recorded, bytes.
pub const MAX_BODY: usize = 8 << 10;
/// The largest file of a target, bytes.
pub const MAX_FILE: u64 = 1 << 20;

/// One request that was passed on, and how it was answered. What redaction would have touched is not recorded at all: a
/// redacted request cannot be repeated truthfully.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The request; of its headers only `content-type` and `accept`.
    #[serde(flatten)]
    pub request: Request,
    /// The answer's status.
    pub status: u16,
    /// When.
    pub at: DateTime<Utc>,
}

/// The file of a target in the folder of the recordings.
pub fn file_name(target: &str) -> String {
    format!("{target}.jsonl")
}
