//! The transition table: which event moves an incident from which status to which. The page in
//! `docs/ARCHITECTURE.md` is generated from it.

use crate::event::{Body, Step};
use crate::incident::Status::{self, *};
use std::fmt;

/// What moves an incident: an event's kind, and the step where the kind has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// The event's kind.
    pub kind: &'static str,
    /// The step, for `started`, `progressed` and `failed`.
    pub step: Option<Step>,
}

impl Trigger {
    /// The trigger of an event.
    pub fn of(body: &Body) -> Self {
        let step = match body {
            Body::Started { step, .. } | Body::Progressed { step, .. } | Body::Failed { step, .. } => Some(*step),
            _ => None,
        };
        Self { kind: body.kind(), step }
    }

    /// Every trigger there is, but `detected`, which only begins a journal.
    pub fn all() -> Vec<Trigger> {
        let plain = PLAIN_KINDS.iter().map(|kind| Trigger { kind, step: None });
        let stepped = ["started", "progressed", "failed"]
            .into_iter()
            .flat_map(|kind| Step::ALL.map(|step| Trigger { kind, step: Some(step) }));
        stepped.chain(plain).collect()
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "{} {}", self.kind, step.as_str()),
            None => f.write_str(self.kind),
        }
    }
}

const PLAIN_KINDS: &[&str] = &[
    "occurred",
    "planned",
    "dismissed",
    "suppressed",
    "correlated",
    "separated",
    "postponed",
    "advised",
    "refused",
    "admitted",
    "intended",
    "approval_requested",
    "approved",
    "approval_rejected",
    "approval_expired",
    "pushed",
    "deployed",
    "deploy_failed",
    "acted",
    "verified",
    "verification_failed",
    "unverified",
    "undone",
    "mitigated",
    "relieved",
    "withdrawn",
    "resolved",
    "resolved_by_person",
    "dismissed_by_person",
    "retried",
    "learned",
    "escalated",
    "reopened",
    "archived",
    "unknown",
];

/// The status after a trigger, or `None` where the table has no such move.
pub fn to(from: Status, trigger: Trigger) -> Option<Status> {
    if from == Archived {
        return None;
    }
    let next = match (trigger.kind, trigger.step) {
        ("occurred", _) => from,
        ("archived", _) => Archived,
        ("started", Some(step)) => started(from, step)?,
        // Only what was started can tell progress or fail; `apply` checks that it is under way.
        ("progressed" | "failed", Some(step)) => started(from, step).filter(|to| *to == from)?,
        ("reopened", _) if from == Resolved => Planned,
        ("retried", _) if matches!(from, Escalated | Mitigated) => Detected,
        ("resolved_by_person", _) if matches!(from, Escalated | Advised | Mitigated) => Resolved,
        // Where nothing was begun that would have to be taken back.
        ("dismissed_by_person", _)
            if matches!(from, Detected | Analyzing | Escalated | Advised | Suppressed | Correlated) =>
        {
            Dismissed
        }
        ("dismissed", _) if dismissible(from) => Dismissed,
        ("correlated", _) if correlatable(from) => Correlated,
        ("separated", _) if from == Correlated => Detected,
        ("postponed", _) if from == Admitted => from,
        ("suppressed", _) if from == Detected => Suppressed,
        ("learned", _) if from == Resolved => from,
        ("escalated", _) if from.is_open() && from != Escalated => Escalated,
        ("mitigated", _) if mitigable(from) => Mitigated,
        ("relieved", _) if from == Detected => Mitigated,
        // It has its plan already.
        ("relieved", _) if matches!(from, Planned | RolledBack | Mitigated) => from,
        ("withdrawn", _) if started(from, Step::Withdraw).is_some() => from,
        (kind, _) => outcome(from, kind)?,
    };
    Some(next)
}

/// Where a step may begin (again), and what it begins.
fn started(from: Status, step: Step) -> Option<Status> {
    match (step, from) {
        (Step::Analyze, Detected | Analyzing | Mitigated) => Some(Analyzing),
        (Step::Propose, Planned | Proposing | RolledBack | Mitigated) => Some(Proposing),
        // Looks again whether what waits is still what would be done.
        (Step::Propose, AwaitingApproval) => Some(from),
        (Step::Push, Admitted) => Some(Admitted),
        (Step::Deploy, Pushed | Deploying) => Some(Deploying),
        (Step::Act, Planned | Admitted | Acting | RolledBack | Mitigated) => Some(Acting),
        (Step::Verify, Verifying | Mitigated) => Some(from),
        (Step::Undo, Pushed | Deploying | Acting | Verifying) => Some(from),
        (Step::Learn, Resolved) => Some(Resolved),
        (Step::Relieve, Detected | Planned | RolledBack | Mitigated) => Some(from),
        // After the proof, and where an incident has ended without one.
        (Step::Withdraw, Verifying | Mitigated | Resolved | Dismissed) => Some(from),
        _ => None,
    }
}

fn outcome(from: Status, kind: &str) -> Option<Status> {
    match (kind, from) {
        ("planned", Analyzing) => Some(Planned),
        ("advised", Planned | Admitted) => Some(Advised),
        ("refused", Proposing | Admitted | AwaitingApproval | Acting) => Some(Planned),
        ("admitted" | "intended", Proposing) => Some(Admitted),
        ("intended", AwaitingApproval) => Some(from),
        ("approval_requested", Admitted) => Some(AwaitingApproval),
        ("approved", AwaitingApproval) => Some(Admitted),
        ("approval_rejected" | "approval_expired", AwaitingApproval) => Some(Escalated),
        ("pushed", Admitted) => Some(Pushed),
        ("deployed", Deploying) => Some(Verifying),
        ("deploy_failed", Deploying) => Some(Deploying),
        ("acted", Acting) => Some(Verifying),
        ("verified" | "verification_failed" | "unverified", Verifying | Mitigated) => Some(from),
        ("undone", Pushed | Deploying | Acting | Verifying) => Some(RolledBack),
        ("resolved", Verifying) => Some(Resolved),
        _ => None,
    }
}

/// Where nothing was done, or what was seen has gone by itself; `apply` says more.
fn dismissible(from: Status) -> bool {
    matches!(from, Detected | Analyzing | Proposing | AwaitingApproval | Correlated | Acting | Mitigated)
}

fn mitigable(from: Status) -> bool {
    !matches!(from, Resolved | Escalated | Dismissed | Suppressed | Correlated | Advised | Mitigated)
}

/// Where nothing stands that would have to be taken back; and a symptom whose cause turns out to lie deeper.
fn correlatable(from: Status) -> bool {
    matches!(
        from,
        Detected | Analyzing | Planned | Proposing | Admitted | AwaitingApproval | RolledBack | Correlated | Mitigated
    )
}

/// The table for people, in Markdown: one row a status, its moves beside it.
pub fn markdown() -> String {
    let mut table = String::from("| from | event → to |\n| --- | --- |\n");
    for from in Status::ALL {
        let moves: Vec<String> = Trigger::all()
            .into_iter()
            .filter(|trigger| !matches!(trigger.kind, "progressed" | "failed" | "occurred" | "archived"))
            .filter_map(|trigger| {
                let to = to(from, trigger)?;
                let to = if to == from { "stays".to_owned() } else { format!("**{}**", to.as_str()) };
                Some(format!("{trigger} → {to}"))
            })
            .collect();
        let moves = if moves.is_empty() { "–".to_owned() } else { moves.join(" · ") };
        table.push_str(&format!("| `{}` | {moves} |\n", from.as_str()));
    }
    table
}
