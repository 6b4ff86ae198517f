//! Where an incident can stand.

use serde::{Deserialize, Serialize};

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table in docs/ARCHITECTURE.md says what moves to what")]
pub enum Status {
    Detected,
    Analyzing,
    Planned,
    Proposing,
    Admitted,
    AwaitingApproval,
    Pushed,
    Deploying,
    Acting,
    Verifying,
    Mitigated,
    RolledBack,
    Resolved,
    Escalated,
    Dismissed,
    Suppressed,
    Correlated,
    Advised,
    Archived,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 19] = [
        Status::Detected,
        Status::Analyzing,
        Status::Planned,
        Status::Proposing,
        Status::Admitted,
        Status::AwaitingApproval,
        Status::Pushed,
        Status::Deploying,
        Status::Acting,
        Status::Verifying,
        Status::Mitigated,
        Status::RolledBack,
        Status::Resolved,
        Status::Escalated,
        Status::Dismissed,
        Status::Suppressed,
        Status::Correlated,
        Status::Advised,
        Status::Archived,
    ];

    /// As it stands in JSON and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Detected => "detected",
            Status::Analyzing => "analyzing",
            Status::Planned => "planned",
            Status::Proposing => "proposing",
            Status::Admitted => "admitted",
            Status::AwaitingApproval => "awaiting_approval",
            Status::Pushed => "pushed",
            Status::Deploying => "deploying",
            Status::Acting => "acting",
            Status::Verifying => "verifying",
            Status::Mitigated => "mitigated",
            Status::RolledBack => "rolled_back",
            Status::Resolved => "resolved",
            Status::Escalated => "escalated",
            Status::Dismissed => "dismissed",
            Status::Suppressed => "suppressed",
            Status::Correlated => "correlated",
            Status::Advised => "advised",
            Status::Archived => "archived",
        }
    }

    /// Whether a second detection of the same fault joins this incident. Only an ended one is followed by a new one.
    pub fn is_open(self) -> bool {
        !matches!(self, Status::Resolved | Status::Dismissed | Status::Archived)
    }

    /// Whether a recovery has begun to act on the target and not come to an end: such an incident is leased first.
    pub fn is_under_way(self) -> bool {
        matches!(
            self,
            Status::Proposing
                | Status::Admitted
                | Status::Pushed
                | Status::Deploying
                | Status::Acting
                | Status::Verifying
                | Status::RolledBack
        )
    }
}
