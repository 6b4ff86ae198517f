//! Hand-overs: somebody's call has failed, and the platform is to heal what failed it, repeat the call, and answer.
//!
//! `POST /v1/operations` takes a [`HandOver`]; the same caller, target and key again is the same hand-over, with another
//! content a 409. It is answered in any case before its deadline: with the answer of the repeated call, or with a
//! diagnosis. `GET /v1/operations/{id}` reads it ([`Handover`]), or follows it as Server-Sent Events ([`Notice`]).

mod answer;
mod call;

pub use answer::{Answer, Attempt, Diagnosis, Handover, Notice, NoticeName, Outcome, Response, State};
pub use call::{Call, HEADERS, MAX_BODY, MAX_HEADER, MAX_PATH, SECRET_HEADERS};

use crate::ids::{InvalidId, is_name};
use crate::{EventId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The longest error that is handed over, bytes.
const MAX_ERROR: usize = 4 * 1024;
/// The longest trace context, bytes.
const MAX_TRACE: usize = 64;
/// The most repetitions of one call.
pub const MAX_RETRIES: u32 = 2;
/// The longest that a caller waits for its answer, milliseconds.
pub const MAX_LIMIT_MS: u64 = 120_000;

/// `POST /v1/operations`: a call that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The target that was called.
    pub target: TargetName,
    /// The caller's own name for this call: the same again is the same hand-over.
    pub idempotency_key: IdempotencyKey,
    /// What was called.
    pub call: Call,
    /// How it failed.
    pub failure: Failure,
    /// Whether the call may be carried out more than once. `GET` and `HEAD` may in any case; others are only repeated when
    /// their caller says so here, and with an `idempotency-key`.
    #[serde(default)]
    pub repeatable: bool,
}

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The status of its answer; none when there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the answer said, or why there was none. Untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it failed.
    pub at: DateTime<Utc>,
    /// The occurrence that the target named in its answer or its log; by it the incident is found for sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The W3C trace context of the failed call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
}

impl HandOver {
    /// Whether everything has its form, whatever the target is.
    ///
    /// # Errors
    /// One sentence that says what is wrong and what would be right.
    pub fn check(&self) -> Result<(), String> {
        self.call.check()?;
        let Failure { status, error, trace_parent, .. } = &self.failure;
        if status.is_some_and(|status| !(400..=599).contains(&status)) {
            return Err("`failure.status` must be from 400 to 599: another answer is no failure".into());
        }
        if status.is_none() && error.as_ref().is_none_or(|error| error.trim().is_empty()) {
            return Err("`failure` must have a `status`, or an `error` that says why there was no answer".into());
        }
        for (name, text, most) in
            [("failure.error", error, MAX_ERROR), ("failure.trace_parent", trace_parent, MAX_TRACE)]
        {
            let bytes = text.as_ref().map_or(0, String::len);
            if bytes > most {
                return Err(format!("`{name}` has {bytes} bytes: at most {most} are taken"));
            }
            if text.as_ref().is_some_and(|text| text.contains('\0')) {
                return Err(format!("`{name}` holds a NUL"));
            }
        }
        Ok(())
    }

    /// Whether the call may be sent again.
    pub fn may_repeat(&self) -> bool {
        self.repeatable || self.call.is_safe()
    }
}

/// A caller's own name for a call: 1 to 128 of `A-Z a-z 0-9 - _ . :`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The text, as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        if is_name(&text, 128, "_-.:") {
            return Ok(Self(text));
        }
        let got = text.chars().take(80).collect();
        Err(InvalidId { kind: "idempotency key", got, expected: "1 to 128 of A-Z a-z 0-9 _ - . :" })
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::try_from(text.to_owned())
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> String {
        key.0
    }
}

/// A hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HandoverId(pub Uuid);

impl HandoverId {
    /// A fresh id that sorts by its time.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for HandoverId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HandoverId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let expected = "a UUID, as the hand-over was answered with";
        let wrong = |_| InvalidId { kind: "hand-over id", got: text.chars().take(80).collect(), expected };
        Uuid::parse_str(text).map(Self).map_err(wrong)
    }
}
