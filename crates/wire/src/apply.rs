//! The one function that moves an incident: `apply(state, event) -> state | refused`. Pure.

mod acted;
mod again;
mod eased;
mod guard;
mod intended;

pub use guard::MAX_RETRIES;
pub use intended::NOT_APPROVED;

use crate::event::{Body, EscalationReason, Event, Step};
use crate::incident::{InFlight, Incident, Severity, Status};
use crate::transitions::{self, Trigger};

/// Why an event is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The table has no such move.
    #[error("{kind} is not allowed in status {status}")]
    Transition {
        /// The status.
        status: &'static str,
        /// The event's kind, with its step.
        kind: String,
    },
    /// The journal does not begin with `detected`, or has it twice.
    #[error("a journal begins with detected, once")]
    Beginning,
    /// The move is allowed, but not with this content.
    #[error("{0}")]
    Guard(&'static str),
}

/// The state after an event. `None` is the state before the first.
///
/// # Errors
/// When the event is not allowed there; nothing is changed then.
pub fn apply(state: Option<&Incident>, event: &Event) -> Result<Incident, Refused> {
    match (state, &event.body) {
        (None, Body::Detected { .. }) => begin(event).ok_or(Refused::Beginning),
        (None, _) | (Some(_), Body::Detected { .. }) => Err(Refused::Beginning),
        (Some(state), body) => {
            let trigger = Trigger::of(body);
            let status = transitions::to(state.status, trigger).ok_or_else(|| refused(state, trigger))?;
            guard::check(state, body)?;
            let mut next = state.clone();
            next.status = status;
            take_in(&mut next, event);
            next.position = event.position;
            next.head = event.hash.clone();
            next.updated_at = event.at;
            Ok(next)
        }
    }
}

fn refused(state: &Incident, trigger: Trigger) -> Refused {
    Refused::Transition { status: state.status.as_str(), kind: trigger.to_string() }
}

fn begin(event: &Event) -> Option<Incident> {
    let Body::Detected { detection, epoch } = &event.body else { return None };
    Some(Incident {
        id: event.incident,
        target: detection.target.clone(),
        code: detection.code.clone(),
        severity: Severity::default(),
        status: Status::Detected,
        epoch: *epoch,
        position: event.position,
        head: event.hash.clone(),
        occurrences: 1,
        detection: detection.clone(),
        detected_at: event.at,
        updated_at: event.at,
        trace_parent: event.trace_parent.clone().or_else(|| detection.trace_parent.clone()),
        plan: None,
        option: None,
        spent: Default::default(),
        base_moved: 0,
        in_flight: None,
        attempts: Default::default(),
        failures_in_a_row: 0,
        failed_at: None,
        failing_since: None,
        may_pass: false,
        gave_up: false,
        proposal: None,
        intent: None,
        approval_expires_at: None,
        approved: None,
        commit: None,
        undo: None,
        acted: None,
        proof: None,
        unverified: false,
        refusals: Vec::new(),
        escalation: None,
        resolved_at: None,
        resolved_by: None,
        document: None,
        recurrences: 0,
        retries: 0,
        tried: Default::default(),
        came_back: None,
        parent: None,
        separated: false,
        postponed_until: None,
        eased: None,
        models: Default::default(),
    })
}

fn take_in(next: &mut Incident, event: &Event) {
    match &event.body {
        Body::Occurred { .. } => next.occurrences += 1,
        Body::Started { step, attempt, option, .. } => {
            next.in_flight = Some(InFlight { step: *step, attempt: *attempt, option: *option });
            next.attempts.insert(*step, *attempt);
            match step {
                Step::Propose | Step::Act => next.option = *option,
                Step::Undo if next.undo.is_none() => give_up(next),
                Step::Relieve => eased::begin(next, event.at),
                // From here on nobody knows whether it stands on the branch.
                Step::Push => next.postponed_until = None,
                _ => {}
            }
        }
        // The cure waits for no relief, so it does not count.
        Body::Failed { step: Step::Relieve, problem, .. } => {
            next.in_flight = None;
            next.refusals.push(format!("no relief: {problem}"));
        }
        Body::Failed { problem, may_pass, .. } => {
            next.in_flight = None;
            next.failures_in_a_row += 1;
            next.failing_since.get_or_insert(event.at);
            next.failed_at = Some(event.at);
            next.may_pass = *may_pass;
            next.refusals.push(problem.to_string());
        }
        Body::Progressed { progress, more, .. } => {
            let told = std::iter::once(progress).chain(more);
            told.filter_map(|progress| progress.call.as_deref()).for_each(|call| next.models.add(call));
        }
        body => {
            let ends_step = !matches!(body, Body::Archived { .. }) && next.in_flight.is_some();
            if ends_step {
                next.in_flight = None;
                forget_failures(next);
            }
            take_in_outcome(next, body, event);
        }
    }
}

fn take_in_outcome(next: &mut Incident, body: &Body, event: &Event) {
    match body {
        Body::Planned { plan } => again::take_in_plan(next, plan),
        Body::Refused { option, refusal } => {
            if matches!(refusal.code.as_str(), "base_moved" | NOT_APPROVED) {
                next.base_moved += 1;
            } else {
                next.spent.insert(*option);
            }
            next.refusals.push(format!("option {option}: {}: {}", refusal.code, refusal.why));
            forget_attempt(next);
        }
        Body::Acted { what, report } => acted::take_in(next, what, report.as_deref(), event.at),
        Body::Relieved { what, until } => eased::stand(next, what, *until, event.at),
        Body::Withdrawn(withdrawn) => eased::end(next, withdrawn, event.at),
        Body::Mitigated { .. } if next.is_held() => eased::hold(next, event.at),
        Body::Verified { report } if next.is_held() => eased::look(next, Some(report.replay.clone()), event.at),
        Body::VerificationFailed { .. } | Body::Unverified { .. } if next.is_held() => {
            eased::look(next, None, event.at)
        }
        Body::Admitted { proposal, .. } => next.proposal = Some(proposal.clone()),
        Body::Intended(intent) => intended::take_in(next, intent, event.at),
        Body::ApprovalRequested { expires_at, .. } => next.approval_expires_at = Some(*expires_at),
        Body::Approved { digest, .. } => intended::approve(next, digest),
        Body::Pushed { commit } => next.commit = Some(commit.clone()),
        Body::DeployFailed { rollout } => next.undo = Some(rollout.why.clone()),
        Body::Verified { report } => next.proof = Some(report.replay.clone()),
        Body::VerificationFailed { report } => {
            next.proof = None;
            next.undo = Some(report.why.clone());
        }
        Body::Unverified { .. } => {
            next.proof = None;
            next.unverified = true;
        }
        Body::Undone { why, .. } => {
            // An option that got no answer was not refused: no other is tried now, but a person may have it tried again.
            let option = next.option.filter(|_| !next.gave_up);
            next.spent.extend(option);
            next.refusals.push(format!("undone: {why}"));
            forget_attempt(next);
        }
        Body::Resolved { .. } => next.resolved_at = Some(event.at),
        Body::ResolvedByPerson { by, .. } => {
            next.resolved_at = Some(event.at);
            next.resolved_by = Some(by.clone());
        }
        Body::Learned { document } => next.document = Some(document.clone()),
        Body::Escalated { reason, .. } => next.escalation = Some(*reason),
        Body::ApprovalRejected { by, why } => {
            next.escalation = Some(EscalationReason::ApprovalRejected);
            next.refusals.push(format!("{by} rejected the proposal: {why}"));
        }
        Body::ApprovalExpired {} => next.escalation = Some(EscalationReason::ApprovalExpired),
        Body::Reopened { .. } => again::reopen(next),
        Body::Retried { .. } => again::retry(next),
        Body::Correlated { parent, .. } => again::rest_under(next, *parent),
        Body::Separated { .. } => again::separate(next),
        Body::Postponed { until, .. } => next.postponed_until = Some(*until),
        Body::Archived { .. } => next.in_flight = None,
        _ => {}
    }
}

/// An undo without a recorded failure: the last step failed too often without a result. The undo has attempts of its own.
fn give_up(next: &mut Incident) {
    let why = next.refusals.last().map_or("a step gave no result", String::as_str);
    next.undo = Some(why.to_owned());
    next.gave_up = true;
    forget_failures(next);
}

/// The next failure is the first in a row.
fn forget_failures(next: &mut Incident) {
    next.failures_in_a_row = 0;
    next.failing_since = None;
    next.may_pass = false;
}

/// What belonged to the option that came to nothing.
fn forget_attempt(next: &mut Incident) {
    next.option = None;
    next.proposal = None;
    next.intent = None;
    next.approved = None;
    next.approval_expires_at = None;
    next.commit = None;
    next.acted = None;
    next.undo = None;
    next.proof = None;
    next.unverified = false;
}
