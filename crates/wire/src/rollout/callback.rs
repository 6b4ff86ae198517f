//! What pipelines say.

use crate::CommitId;
use serde::{Deserialize, Serialize};

/// `POST /-/callbacks/{target}`: what a pipeline says of a commit. Signed; the id of the message is its idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// The commit.
    pub commit: CommitId,
    /// How it went.
    pub status: CallbackStatus,
    /// Where to.
    pub environment: String,
    /// The run's page, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why it failed, in the pipeline's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a pipeline's run ended, in the words of GitHub Actions' `job.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackStatus {
    /// The commit is live.
    Success,
    /// It is not, because something failed.
    Failure,
    /// It is not, because somebody stopped it: that says nothing about the commit.
    Cancelled,
}
