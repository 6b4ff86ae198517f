//! A person at the dashboard: the session, and what they may say to an incident.

use crate::Digest;
use crate::plan::Verdict;
use serde::{Deserialize, Serialize};

/// `POST /developer/session`: begins a session. The answer sets its cookie and is a [`Session`].
#[derive(Deserialize)]
pub struct Login {
    /// The person's token.
    pub token: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login")
    }
}

/// `GET /developer/session`: who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The caller's name.
    pub name: String,
    /// What they may do: `operator`, `approver`.
    pub roles: Vec<String>,
    /// Goes into [`crate::paths::CSRF_HEADER`] with every call that changes something; none for a caller with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
}

/// `POST …/incidents/{id}/approve`: this change may be pushed, or just this done by a playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approve {
    /// The digest of the proposal that the person has read.
    pub digest: Digest,
    /// What they say with it.
    #[serde(default)]
    pub note: String,
}

/// `POST …/incidents/{id}/reject`: it may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The digest of the proposal that the person has read, if they name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// `POST …/incidents/{id}/resolve`: a person has healed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolve {
    /// What they did.
    pub note: String,
}

/// `POST …/incidents/{id}/dismiss`: there is nothing to heal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismiss {
    /// What it is instead: one that leads to no change.
    pub verdict: Verdict,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// `POST …/incidents/{id}/retry`: something has changed, so it is to be tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// What has changed.
    #[serde(default)]
    pub note: String,
}
