//! The one function that moves an incident: `apply(state, event) -> state | refused`. Pure.

use crate::event::{Body, Event, Step};
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
            guard(state, body)?;
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
        proposal: None,
        approval_expires_at: None,
        approved: None,
        commit: None,
        undo: None,
        proof: None,
        unverified: false,
        refusals: Vec::new(),
        escalation: None,
        resolved_at: None,
        resolved_by: None,
        document: None,
        recurrences: 0,
    })
}

/// What the table cannot say: conditions on the content.
fn guard(state: &Incident, body: &Body) -> Result<(), Refused> {
    let holds = |condition: bool, why: &'static str| condition.then_some(()).ok_or(Refused::Guard(why));
    let in_flight = |step: Step| state.in_flight.is_some_and(|f| f.step == step);
    match body {
        Body::Started { step, attempt, option, .. } => {
            holds(state.in_flight.is_none(), "another step is under way")?;
            let begun = state.attempts.get(step).copied().unwrap_or(0);
            holds(*attempt == begun + 1, "attempts count up from 1")?;
            let spent = *step == Step::Propose && option.is_none_or(|o| state.spent.contains(&o));
            holds(!spent, "an option that was spent is not tried again")?;
            holds(*step != Step::Push || state.undo.is_none(), "what is to be undone is not pushed")?;
            holds(*step != Step::Undo || state.undo.is_some(), "there is nothing to undo")?;
            holds(*step != Step::Learn || state.document.is_none(), "it was learned already")
        }
        Body::Progressed { step, attempt, .. } | Body::Failed { step, attempt, .. } => {
            let same = state.in_flight.is_some_and(|f| f.step == *step && f.attempt == *attempt);
            holds(same, "that step is not under way")
        }
        Body::Planned { .. } => holds(in_flight(Step::Analyze), "no analysis is under way"),
        Body::Refused { option, .. } => {
            let here = in_flight(Step::Propose) || in_flight(Step::Push);
            holds(here && state.option == Some(*option), "that option is not being tried")
        }
        Body::Admitted { option, proposal } => {
            let here = in_flight(Step::Propose) && state.option == Some(*option);
            holds(here, "that option is not being tried")?;
            holds(proposal.gates.iter().all(|g| g.passed) && !proposal.gates.is_empty(), "a gate did not pass")
        }
        Body::Approved { digest, .. } => {
            let same = state.proposal.as_ref().is_some_and(|p| p.digest == *digest);
            holds(same, "the approval is for another change")
        }
        Body::Pushed { .. } => holds(in_flight(Step::Push), "no push is under way"),
        Body::Deployed { .. } | Body::DeployFailed { .. } => holds(in_flight(Step::Deploy), "no roll-out is under way"),
        Body::Acted { .. } => holds(in_flight(Step::Act), "no action is under way"),
        Body::Verified { .. } | Body::VerificationFailed { .. } | Body::Unverified { .. } => {
            holds(in_flight(Step::Verify), "no verification is under way")
        }
        Body::Undone { .. } => holds(in_flight(Step::Undo), "no undo is under way"),
        Body::Resolved { certificate } => {
            holds(state.in_flight.is_none() && state.undo.is_none(), "something is still open")?;
            holds(state.proof.as_ref() == Some(&certificate.replay), "no verified action stands behind it")?;
            holds(certificate.head == state.head, "the certificate does not cover the journal")
        }
        Body::Learned { .. } => holds(in_flight(Step::Learn), "no lesson is under way"),
        _ => Ok(()),
    }
}

fn take_in(next: &mut Incident, event: &Event) {
    match &event.body {
        Body::Occurred { .. } => next.occurrences += 1,
        Body::Started { step, attempt, option, .. } => {
            next.in_flight = Some(InFlight { step: *step, attempt: *attempt, option: *option });
            next.attempts.insert(*step, *attempt);
            if *step == Step::Propose {
                next.option = *option;
            }
        }
        Body::Failed { problem, .. } => {
            next.in_flight = None;
            next.failures_in_a_row += 1;
            next.refusals.push(problem.to_string());
        }
        Body::Progressed { .. } => {}
        body => {
            let ends_step = !matches!(body, Body::Archived { .. }) && next.in_flight.is_some();
            if ends_step {
                next.in_flight = None;
                next.failures_in_a_row = 0;
            }
            take_in_outcome(next, body, event);
        }
    }
}

fn take_in_outcome(next: &mut Incident, body: &Body, event: &Event) {
    match body {
        Body::Planned { plan } => next.plan = Some(plan.clone()),
        Body::Refused { option, refusal } => {
            if refusal.code == "base_moved" {
                next.base_moved += 1;
            } else {
                next.spent.insert(*option);
            }
            next.refusals.push(format!("option {option}: {}: {}", refusal.code, refusal.why));
            forget_attempt(next);
        }
        Body::Admitted { proposal, .. } => next.proposal = Some(proposal.clone()),
        Body::ApprovalRequested { expires_at, .. } => next.approval_expires_at = Some(*expires_at),
        Body::Approved { digest, .. } => next.approved = Some(digest.clone()),
        Body::Pushed { commit } => next.commit = Some(commit.clone()),
        Body::DeployFailed { rollout } => next.undo = Some(rollout.why.clone()),
        Body::Verified { report } => next.proof = Some(report.replay.clone()),
        Body::VerificationFailed { report } => next.undo = Some(report.why.clone()),
        Body::Unverified { .. } => next.unverified = true,
        Body::Undone { why, .. } => {
            let option = next.option;
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
        Body::Reopened { .. } => {
            let option = next.option;
            next.spent.extend(option);
            next.occurrences += 1;
            next.recurrences += 1;
            next.resolved_at = None;
            next.document = None;
            forget_attempt(next);
        }
        Body::Archived { .. } => next.in_flight = None,
        _ => {}
    }
}

/// What belonged to the option that came to nothing.
fn forget_attempt(next: &mut Incident) {
    next.option = None;
    next.proposal = None;
    next.approved = None;
    next.approval_expires_at = None;
    next.commit = None;
    next.undo = None;
    next.proof = None;
    next.unverified = false;
}
