//! The names of the kinds.

use super::Body;

impl Body {
    /// The `kind`, as it stands on the wire and in the table.
    pub fn kind(&self) -> &'static str {
        match self {
            Body::Detected { .. } => "detected",
            Body::Occurred { .. } => "occurred",
            Body::Started { .. } => "started",
            Body::Progressed { .. } => "progressed",
            Body::Failed { .. } => "failed",
            Body::Planned { .. } => "planned",
            Body::Dismissed { .. } => "dismissed",
            Body::Suppressed { .. } => "suppressed",
            Body::Correlated { .. } => "correlated",
            Body::Separated { .. } => "separated",
            Body::Postponed { .. } => "postponed",
            Body::Advised { .. } => "advised",
            Body::Refused { .. } => "refused",
            Body::Admitted { .. } => "admitted",
            Body::Intended(_) => "intended",
            Body::ApprovalRequested { .. } => "approval_requested",
            Body::Approved { .. } => "approved",
            Body::ApprovalRejected { .. } => "approval_rejected",
            Body::ApprovalExpired {} => "approval_expired",
            Body::Pushed { .. } => "pushed",
            Body::Deployed { .. } => "deployed",
            Body::DeployFailed { .. } => "deploy_failed",
            Body::Acted { .. } => "acted",
            Body::Verified { .. } => "verified",
            Body::VerificationFailed { .. } => "verification_failed",
            Body::Unverified { .. } => "unverified",
            Body::Undone { .. } => "undone",
            Body::Mitigated { .. } => "mitigated",
            Body::Relieved { .. } => "relieved",
            Body::Withdrawn { .. } => "withdrawn",
            Body::Resolved { .. } => "resolved",
            Body::ResolvedByPerson { .. } => "resolved_by_person",
            Body::DismissedByPerson { .. } => "dismissed_by_person",
            Body::Retried { .. } => "retried",
            Body::Learned { .. } => "learned",
            Body::Escalated { .. } => "escalated",
            Body::Reopened { .. } => "reopened",
            Body::Archived { .. } => "archived",
            Body::Unknown => "unknown",
        }
    }
}
