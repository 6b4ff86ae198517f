//! The events of an incident's journal.

mod append;
mod kind;
mod step;

pub use append::{Append, Certificate, Event, Feed};
pub use step::{EscalationReason, Step};

use crate::detection::Detection;
use crate::plan::{Plan, Verdict};
use crate::proposal::{Proposal, Refusal};
use crate::relief::Withdrawn;
use crate::rollout::Rollout;
use crate::runtime::{ActReport, Intent};
use crate::span::Progress;
use crate::verification::ReplayReport;
use crate::{CommitId, Digest, Epoch, EventId, IncidentId, Problem};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
        /// What it told right after that, before there was time to journal it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        more: Vec<Progress>,
    },
    /// Outcome: the step failed without a result (a crash, a service away for too long). It may be tried again.
    Failed {
        /// The step.
        step: Step,
        /// Its attempt.
        attempt: u32,
        /// Why.
        problem: Problem,
        /// Whether it may pass by itself: something that the step needs did not answer.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        may_pass: bool,
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
    #[expect(missing_docs, reason = "the names say it")]
    Suppressed { why: String },
    /// It is a symptom of what another incident is about: it rests until that one has ended.
    #[expect(missing_docs, reason = "the names say it")]
    Correlated { parent: IncidentId, why: String },
    /// It is looked at again, by itself: the incident that it rested under has ended without curing it.
    #[expect(missing_docs, reason = "the names say it")]
    Separated { why: String },
    /// While a storm of related incidents lasts, what has no easy way back waits; at the latest until then, unless more join in.
    #[expect(missing_docs, reason = "the names say it")]
    Postponed { until: DateTime<Utc>, why: String },
    /// The autonomy only allows advice.
    #[expect(missing_docs, reason = "the names say it")]
    Advised { why: String },
    /// Outcome of `propose`, `push` or `act`: the option came to nothing. What was changed is taken back.
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
    /// Outcome of `propose`: what a playbook would do.
    Intended(Box<Intent>),
    /// A person must approve.
    ApprovalRequested {
        /// Exactly this change.
        digest: Digest,
        /// Until when.
        expires_at: DateTime<Utc>,
        /// Why a person is asked, with the numbers behind it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// A person approved.
    Approved {
        /// Exactly this change.
        digest: Digest,
        /// Who.
        by: String,
        /// What they said with it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// A person said no.
    #[expect(missing_docs, reason = "the names say it")]
    ApprovalRejected { by: String, why: String },
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
        /// What was seen, tried and kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<Box<ActReport>>,
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
    #[expect(missing_docs, reason = "the names say it")]
    Mitigated { what: String },
    /// Outcome of `relieve`: the front eases the fault, and the cure goes on at once.
    #[expect(missing_docs, reason = "see wire::relief::Relieved")]
    Relieved { what: String, until: DateTime<Utc> },
    /// Outcome of `withdraw`, or a decision where it has run out: no relief is in force.
    Withdrawn(Withdrawn),
    /// It is healed, with a recorded and verified action behind it.
    Resolved {
        /// The certificate over everything before this event.
        certificate: Certificate,
    },
    /// A person says it is done.
    #[expect(missing_docs, reason = "the names say it")]
    ResolvedByPerson { by: String, note: String },
    /// A person says that there is nothing to heal.
    DismissedByPerson {
        /// Who.
        by: String,
        /// What it is instead.
        verdict: Verdict,
        /// Why.
        note: String,
    },
    /// A person has it tried again, because something has changed: a cure was given, a service is back.
    Retried {
        /// Who.
        by: String,
        /// What has changed.
        #[serde(default, skip_serializing_if = "String::is_empty")]
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
