//! The idempotency keys: of what is appended to a journal, and of the operations that services are asked for. Pure.

use wire::event::Step;
use wire::{CommitId, IncidentId, OperationKey, Position};

/// Of an intention.
pub fn started(step: Step, attempt: u32) -> String {
    format!("started/{}-{attempt}", step.as_str())
}

/// Of a step's outcome, whatever it is: a step has one.
pub fn outcome(step: Step, attempt: u32) -> String {
    format!("outcome/{}-{attempt}", step.as_str())
}

/// Of the n-th sign of progress of a step.
pub fn progress(step: Step, attempt: u32, n: usize) -> String {
    format!("progress/{}-{attempt}/{n}", step.as_str())
}

/// Of what is decided without a step. The same decision is computed again at another position when the journal has moved
/// on, with another content; so the position is its name.
pub fn decided(position: Position) -> String {
    format!("decided/{position}")
}

/// Of a step's operation.
pub fn operation(incident: IncidentId, step: Step, attempt: u32) -> OperationKey {
    OperationKey::of_step(incident, step, attempt)
}

/// Of the second half of an undo, the roll-out of the commit that the first half answered. After a crash the first half may
/// answer another one (somebody pushed meanwhile): then it is another operation.
pub fn undo_deploy(incident: IncidentId, attempt: u32, commit: &CommitId) -> OperationKey {
    let commit: String = commit.as_str().chars().take(12).collect();
    OperationKey { scope: incident.to_string(), step: format!("undo-deploy-{attempt}-{commit}") }
}
