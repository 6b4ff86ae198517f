//! The one error body of every service.

use serde::{Deserialize, Serialize};

/// The error body: what was wrong, for a program (`code`) and for a person (`message`). Bodies of 5xx carry no cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable, `snake_case`.
    pub code: String,
    /// One sentence; for bad input it says what would be right.
    pub message: String,
    /// The request, as the service's log names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem without a request.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), request_id: None }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Codes that callers act on.
pub mod code {
    /// 401: no bearer token, or one that nobody here was given.
    pub const UNAUTHENTICATED: &str = "unauthenticated";
    /// 403: a known caller that may not do this.
    pub const FORBIDDEN: &str = "forbidden";
    /// 404: nothing under that path or id.
    pub const NOT_FOUND: &str = "not_found";
    /// 400: a body, path or query that does not parse.
    pub const BAD_REQUEST: &str = "bad_request";
    /// 413: a body over the service's bound.
    pub const TOO_LARGE: &str = "too_large";
    /// 409: the journal has moved on; read it again.
    pub const POSITION_CONFLICT: &str = "position_conflict";
    /// 409: the same idempotency key came with another content.
    pub const KEY_CONFLICT: &str = "key_conflict";
    /// 409: the event is not allowed in the incident's status.
    pub const TRANSITION_REFUSED: &str = "transition_refused";
    /// 409: the lease is over, or another holder has a newer one.
    pub const FENCE_STALE: &str = "fence_stale";
    /// 409: a reset has begun a newer epoch.
    pub const EPOCH_STALE: &str = "epoch_stale";
    /// 429: as many as there may be are open.
    pub const TOO_MANY: &str = "too_many";
    /// 503: something this service needs does not answer.
    pub const UNAVAILABLE: &str = "unavailable";
    /// 500: a fault of ours.
    pub const INTERNAL: &str = "internal";
}
