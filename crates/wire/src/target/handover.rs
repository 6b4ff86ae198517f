//! Which failed calls of others may be handed over, and where they are repeated.

use crate::handover::{Call, MAX_LIMIT_MS};
use crate::incident::Severity;
use serde::{Deserialize, Serialize};

/// How many methods and paths may be named.
const MOST: usize = 64;
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// What callers may hand over. Without this section nothing of the target is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handing {
    /// Where calls are repeated: `http://host:port`, where the target answers its users.
    pub base_url: String,
    /// The methods that are taken.
    #[serde(default = "default_methods")]
    pub methods: Vec<String>,
    /// The paths that are taken: each of them, and what is below it.
    pub paths: Vec<String>,
    /// How long a repeated call may take, milliseconds.
    #[serde(default = "default_timeout")]
    pub timeout_ms: u64,
    /// How bad a failed call is that no fault of this file explains.
    #[serde(default)]
    pub severity: Severity,
}

fn default_methods() -> Vec<String> {
    vec!["GET".into(), "HEAD".into()]
}
fn default_timeout() -> u64 {
    10_000
}

impl Handing {
    /// Whether it takes a call.
    ///
    /// # Errors
    /// One sentence that says what to write where.
    pub fn takes(&self, call: &Call) -> Result<(), String> {
        if !self.methods.contains(&call.method) {
            let methods = self.methods.join(", ");
            return Err(format!(
                "only {methods} may be handed over; `methods` of `[handover]` in the target file says so"
            ));
        }
        let route = call.route();
        let is_below = |path: &&String| {
            let path = path.trim_end_matches('/');
            route == path || route.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        };
        if self.paths.iter().any(|path| is_below(&path)) {
            return Ok(());
        }
        let paths = self.paths.join(", ");
        Err(format!(
            "only what is below {paths} may be handed over; `paths` of `[handover]` in the target file says so"
        ))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let authority = self.base_url.strip_prefix("http://").unwrap_or_default();
        let is_authority = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(is_authority) {
            return Err(format!(
                "`handover.base_url` is {:?}: it must be http://host:port, without a path and a user",
                self.base_url
            ));
        }
        if self.paths.is_empty() || self.paths.len() > MOST || self.methods.is_empty() {
            return Err(format!("`handover.paths` must name 1 to {MOST} paths, and `handover.methods` at least one"));
        }
        if let Some(path) = self.paths.iter().find(|path| !path.starts_with('/') || path.contains(['?', '*', '%'])) {
            return Err(format!("`handover.paths` holds {path:?}: a plain path that begins with `/` is wanted"));
        }
        if let Some(method) = self.methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
            return Err(format!("`handover.methods` holds {method:?}: there are {}", METHODS.join(", ")));
        }
        if !(100..=MAX_LIMIT_MS / 2).contains(&self.timeout_ms) {
            let (most, got) = (MAX_LIMIT_MS / 2, self.timeout_ms);
            return Err(format!("`handover.timeout_ms` is {got}: it must be from 100 to {most}"));
        }
        Ok(())
    }
}
