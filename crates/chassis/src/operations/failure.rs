//! How an operation can fail.

use wire::{OperationKey, Problem};

/// Why an operation came to no outcome.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct OperationFailed {
    /// For the caller.
    pub problem: Problem,
    /// Whether the same may succeed later.
    pub retry: bool,
}

impl OperationFailed {
    /// A failure that may pass.
    pub fn retry(code: &str, message: impl Into<String>) -> Self {
        Self { problem: Problem::new(code, message), retry: true }
    }
    /// A failure that will not pass by itself.
    pub fn give_up(code: &str, message: impl Into<String>) -> Self {
        Self { problem: Problem::new(code, message), retry: false }
    }
}

/// The same key came with another task.
#[derive(Debug, thiserror::Error)]
#[error("the operation {0} was begun with another task: use a new key")]
pub struct KeyConflict(pub OperationKey);

impl crate::ApiError for KeyConflict {
    fn status(&self) -> actix_web::http::StatusCode {
        actix_web::http::StatusCode::CONFLICT
    }
    fn code(&self) -> &'static str {
        wire::problem::code::KEY_CONFLICT
    }
}
