//! The events of an incident's journal.

use crate::detection::Detection;
use crate::plan::{Plan, Verdict};
use crate::proposal::{Proposal, Refusal};
use crate::rollout::Rollout;
use crate::span::Progress;
use crate::verification::ReplayReport;
use crate::{CommitId, Cursor, Digest, Epoch, EventId, Fence, IncidentId, Position, Problem};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A step of a recovery: an intention is journaled before it, an outcome after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Ask for a plan.
    Analyze,
    /// Have a candidate made and verified.
    Propose,
    /// Push the admitted proposal.
    Push,
    /// Roll the commit out.
    Deploy,
    /// A reversible runtime action.
    Act,
    /// Replay the failing request on live.
    Verify,
    /// Revert the commit and roll the revert out.
    Undo,
    /// Tell the knowledge base.
    Learn,
}

impl Step {
    /// All of them.
    pub const ALL: [Step; 8] =
        [Step::Analyze, Step::Propose, Step::Push, Step::Deploy, Step::Act, Step::Verify, Step::Undo, Step::Learn];

    /// As it stands in keys and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Analyze => "analyze",
            Step::Propose => "propose",
            Step::Push => "push",
            Step::Deploy => "deploy",
            Step::Act => "act",
            Step::Verify => "verify",
            Step::Undo => "undo",
            Step::Learn => "learn",
        }
    }
}

/// Why an incident was handed to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationReason {
    /// Nothing is known for this symptom.
    NoRemedy,
    /// Every option was refused or failed.
    OptionsExhausted,
    /// The verification gave no answer.
    Unverified,
    /// A step failed more often than the policy allows.
    StepFailed,
    /// Undoing a failed option failed.
    UndoFailed,
    /// A person rejected the proposal.
    ApprovalRejected,
    /// Nobody approved in time.
    ApprovalExpired,
    /// The incident came back after it was thought resolved and nothing else is known.
    Recurred,
    /// What a newer writer knows.
    #[serde(other)]
    Unknown,
}

/// What an event says. `kind` and `payload` on the wire and in the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Body {
    /// The first event: the fault was seen. Written by the store.
    Detected {
        /// What was seen.
        detection: Detection,
        /// The epoch it belongs to.
        epoch: Epoch,
    },
    /// It was seen again. Written by the store.
    Occurred {
        /// The distinct occurrence.
        event_id: EventId,
        /// When it happened.
        happened_at: DateTime<Utc>,
    },
    /// Intention: a step begins. The operation's key is `incident/step-attempt`.
    Started {
        /// The step.
        step: Step,
        /// From 1, per step.
        attempt: u32,
        /// The option it is for, an index into the plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        option: Option<u32>,
        /// The digest of the policy that decided it.
        policy: Digest,
    },
    /// What an operation told on its way.
    Progressed {
        /// The step.
        step: Step,
        /// Its attempt.
        attempt: u32,
        /// What it told.
        progress: Progress,
    },
    /// Outcome: the step failed without a result (a crash, a service away for too long). It may be tried again.
    Failed {
        /// The step.
        step: Step,
        /// Its attempt.
        attempt: u32,
        /// Why.
        problem: Problem,
    },
    /// Outcome of `analyze`: the plan.
    Planned {
        /// The plan.
        plan: Plan,
    },
    /// Outcome of `analyze`: nothing is to be changed.
    Dismissed {
        /// What it is instead.
        verdict: Verdict,
        /// Why.
        why: String,
    },
    /// It is known and deliberately left alone (cooldown).
    Suppressed {
        /// Why.
        why: String,
    },
    /// The autonomy only allows advice.
    Advised {
        /// Why.
        why: String,
    },
    /// Outcome of `propose` or `push`: the option came to nothing and nothing was changed.
    Refused {
        /// The option.
        option: u32,
        /// Why.
        refusal: Refusal,
    },
    /// Outcome of `propose`: the candidate passed every gate.
    Admitted {
        /// The option.
        option: u32,
        /// The change.
        proposal: Box<Proposal>,
    },
    /// A person must approve.
    ApprovalRequested {
        /// Exactly this change.
        digest: Digest,
        /// Until when.
        expires_at: DateTime<Utc>,
    },
    /// A person approved.
    Approved {
        /// Exactly this change.
        digest: Digest,
        /// Who.
        by: String,
    },
    /// A person said no.
    ApprovalRejected {
        /// Who.
        by: String,
        /// Why.
        why: String,
    },
    /// Nobody answered in time.
    ApprovalExpired {},
    /// Outcome of `push`: the commit is on the branch.
    Pushed {
        /// The commit.
        commit: CommitId,
    },
    /// Outcome of `deploy`: the commit is live.
    Deployed {
        /// How.
        rollout: Box<Rollout>,
    },
    /// Outcome of `deploy`: it is not live, and traffic is where it was.
    DeployFailed {
        /// How.
        rollout: Box<Rollout>,
    },
    /// Outcome of `act`: the runtime action was applied.
    Acted {
        /// What was done.
        what: String,
    },
    /// Outcome of `verify`: the trigger was replayed on live, met its contract, and every witness saw it.
    Verified {
        /// The evidence.
        report: Box<ReplayReport>,
    },
    /// Outcome of `verify`: the fault is still there.
    VerificationFailed {
        /// The evidence.
        report: Box<ReplayReport>,
    },
    /// Outcome of `verify`: there was no answer. Never success.
    Unverified {
        /// The evidence.
        report: Box<ReplayReport>,
    },
    /// Outcome of `undo`: what the option changed is taken back; git's head is what runs.
    Undone {
        /// The reverting commit, if a commit had been pushed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<CommitId>,
        /// Why it was undone.
        why: String,
    },
    /// The bleeding is stopped, the cure is open.
    Mitigated {
        /// By what.
        what: String,
    },
    /// It is healed, with a recorded and verified action behind it.
    Resolved {
        /// The certificate over everything before this event.
        certificate: Certificate,
    },
    /// A person says it is done.
    ResolvedByPerson {
        /// Who.
        by: String,
        /// What they did.
        note: String,
    },
    /// Outcome of `learn`.
    Learned {
        /// The document it became.
        document: String,
    },
    /// A person is needed.
    Escalated {
        /// Why.
        reason: EscalationReason,
        /// Everything that was found out, for the person.
        diagnosis: String,
    },
    /// It came back in the watch window. Written by the store.
    Reopened {
        /// The occurrence.
        event_id: EventId,
        /// When it happened.
        happened_at: DateTime<Utc>,
    },
    /// A reset began a new epoch. Written by the store.
    Archived {
        /// The new epoch.
        epoch: Epoch,
    },
    /// What a newer writer knows. Never written by this version.
    #[serde(other)]
    Unknown,
}

/// The heal certificate: what stands in the journal when an incident is resolved, in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The last event that it covers.
    pub position: Position,
    /// That event's hash: the chain up to here.
    pub head: Digest,
    /// The plan's canonical JSON.
    pub plan: Digest,
    /// The admitted change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Digest>,
    /// What was built and runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Digest>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The replay on live that proved it.
    pub replay: crate::ReplayId,
    /// One sentence on the symptom before.
    pub before: String,
    /// One sentence on the symptom after.
    pub after: String,
}

/// `POST /v1/incidents/{id}/events`: an append under a lease.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Append {
    /// Where the writer believes the journal ends: the new event's position.
    pub position: Position,
    /// The lease's token.
    pub fence: Fence,
    /// Idempotency key within the incident; the same key again answers with the first event.
    pub key: String,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
    /// The W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
}

/// An event as the store keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The place in the feed of all events.
    pub cursor: Cursor,
    /// Whose.
    pub incident: IncidentId,
    /// The place in the incident's journal.
    pub position: Position,
    /// The idempotency key.
    pub key: String,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
    /// The W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// When the store wrote it, microseconds.
    pub at: DateTime<Utc>,
    /// The hash of this event chained to the one before, see [`crate::chain`].
    pub hash: Digest,
}

/// `GET /v1/events`: a page of the feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// The events in the order of their cursors.
    pub events: Vec<Event>,
    /// Where to go on.
    pub next: Cursor,
}

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
            Body::Advised { .. } => "advised",
            Body::Refused { .. } => "refused",
            Body::Admitted { .. } => "admitted",
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
            Body::Resolved { .. } => "resolved",
            Body::ResolvedByPerson { .. } => "resolved_by_person",
            Body::Learned { .. } => "learned",
            Body::Escalated { .. } => "escalated",
            Body::Reopened { .. } => "reopened",
            Body::Archived { .. } => "archived",
            Body::Unknown => "unknown",
        }
    }
}
