//! What a right answer is.

use super::Witness;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a right answer is. Everything that is named must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The status.
    pub status: u16,
    /// The answer is complete within this time, milliseconds.
    #[serde(default = "default_deadline")]
    pub deadline_ms: u64,
    /// Members of the JSON body by JSON pointer, e.g. `"/ok" = true`. In a case, a text may hold `{nonce}`; the text
    /// `"{nonce}"` alone is also met by the number.
    #[serde(default)]
    pub json: BTreeMap<String, Value>,
    /// JSON pointers that lead to nothing.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Names of headers that are there and not empty.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Observations that the candidate cannot fake, made outside the patchable files. All must have seen the replay.
    #[serde(default)]
    pub witnesses: Vec<Witness>,
}

fn default_deadline() -> u64 {
    5_000
}
