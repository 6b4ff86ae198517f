//! What is fine now and must stay as it is.

use super::Request;
use serde::{Deserialize, Serialize};

/// The traffic that old and new must answer alike before a change is admitted. Empty: nothing can be compared, and nothing is
/// admitted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Healthy {
    /// Requests that are always made, whether they were recorded or not.
    #[serde(default)]
    pub requests: Vec<Request>,
    /// The folder in which `front` keeps a redacted sample of what it passed on, as `<target>.jsonl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// Paths (up to `?`) whose requests are never repeated.
    #[serde(default)]
    pub never: Vec<String>,
}

/// How many requests may be named.
const MOST: usize = 32;

impl Healthy {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.requests.len() > MOST {
            return Err(format!("healthy.requests names {} requests; {MOST} are allowed", self.requests.len()));
        }
        let named = self.requests.iter().map(|request| &request.path);
        match named.chain(&self.never).find(|path| !path.starts_with('/')) {
            Some(path) => Err(format!("healthy: {path:?} does not start with `/`")),
            None => Ok(()),
        }
    }
}
