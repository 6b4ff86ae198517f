//! The operations protocol: how a long effect is asked for, waited for, and asked for again after a crash.
//!
//! `PUT /v1/operations/{scope}/{step}` with the task begins it or finds it (202 while it runs, 200 when it has ended);
//! the same key with another task (see [`task_digest`]) is a 409 `key_conflict`. `GET …?wait_ms=&seen=` waits until there is more progress
//! than `seen`, or an end, or the time is over. A 404 means that the service has restarted: ask again with the same key.
//! Every service that serves it finds effects of an earlier life by itself (a trailer, a table), so asking again is safe.

use crate::span::Progress;
use crate::{Digest, OperationKey, Problem};
use serde::{Deserialize, Serialize};

/// What makes it the same task under the same key: all of it but the lease and the trace, which are others when the asking
/// side crashed and asks again.
pub fn task_digest(task: &impl Serialize) -> Digest {
    let mut value = serde_json::to_value(task).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove("authority");
        members.remove("trace_parent");
    }
    Digest::of_json(&value)
}

/// The longest wait of one `GET`, milliseconds.
pub const MAX_WAIT_MS: u64 = 30_000;

/// An operation, as both calls answer it. `T` is the outcome's type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation<T> {
    /// Its key.
    pub key: OperationKey,
    /// Where it stands.
    #[serde(flatten)]
    pub state: State<T>,
    /// What it told so far, in order.
    #[serde(default = "Vec::new")]
    pub progress: Vec<Progress>,
}

/// Where an operation stands. A failure and an empty outcome are different things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State<T> {
    /// It runs.
    Running,
    /// It came to an outcome, which may be a refusal.
    Done {
        /// The outcome.
        outcome: T,
    },
    /// It came to no outcome.
    Failed {
        /// Why.
        problem: Problem,
        /// Whether the same may succeed when it is tried again.
        retry: bool,
    },
}

/// The query of the waiting `GET`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// How long to wait, at most [`MAX_WAIT_MS`].
    #[serde(default)]
    pub wait_ms: u64,
    /// How many signs of progress the caller has.
    #[serde(default)]
    pub seen: usize,
}
