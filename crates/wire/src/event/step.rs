//! The steps of a recovery, and why one was given up.

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
    /// Have the fault eased at the front, before its cause is looked for.
    Relieve,
    /// Have that taken back.
    Withdraw,
}

impl Step {
    /// All of them.
    pub const ALL: [Step; 10] = [
        Step::Analyze,
        Step::Propose,
        Step::Push,
        Step::Deploy,
        Step::Act,
        Step::Verify,
        Step::Undo,
        Step::Learn,
        Step::Relieve,
        Step::Withdraw,
    ];

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
            Step::Relieve => "relieve",
            Step::Withdraw => "withdraw",
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
    /// More was done on the target within an hour than the policy allows.
    TooManyRemedies,
    /// Healing one fault brings the other back, and so on.
    Oscillation,
    /// What a newer writer knows.
    #[serde(other)]
    Unknown,
}
