//! Why a task came to no outcome, and whether trying again may help.

use crate::decide::Stale;
use crate::repository::RepositoryError;
use chassis::operations::OperationFailed;
use client::{CallError, EffectError};
use models::ledger::LedgerError;
use std::time::Duration;
use wire::problem::code;

/// Why a task came to no outcome. A refusal is an outcome, and not here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Stale(#[from] Stale),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error("{0}")]
    Engine(String),
    #[error("the work on the repository crashed")]
    Crashed,
    #[error("the work on the repository took longer than {0:?}")]
    TooLong(Duration),
    #[error("the branch kept moving: {0} attempts were lost to other pushes")]
    Busy(usize),
    #[error("the verification came to nothing")]
    Verification(#[source] Box<EffectError>),
    #[error("the verifier could not be asked for its verdict")]
    Verdict(#[source] Box<CallError>),
    #[error("no language model answers: {0}")]
    ModelsAway(String),
    #[error("the account of the language models cannot be kept, so none is asked")]
    Ledger(#[source] LedgerError),
}

impl Failure {
    fn retry(&self) -> bool {
        match self {
            Failure::Repository(error) => error.may_pass(),
            Failure::TooLong(_) | Failure::Busy(_) | Failure::ModelsAway(_) | Failure::Ledger(_) => true,
            Failure::Verification(error) => error.may_pass(),
            Failure::Verdict(error) => error.may_pass(),
            Failure::Stale(_) | Failure::Engine(_) | Failure::Crashed => false,
        }
    }
}

impl From<Failure> for OperationFailed {
    fn from(failure: Failure) -> Self {
        let retry = failure.retry();
        let code = match &failure {
            Failure::Stale(Stale::Epoch { .. }) => code::EPOCH_STALE,
            Failure::Stale(Stale::Fence { .. }) => code::FENCE_STALE,
            Failure::Repository(error) => error.code(),
            Failure::Engine(_) => "fixer_failed",
            Failure::Crashed => "fixer_crashed",
            Failure::TooLong(_) => "too_long",
            Failure::Busy(_) => "branch_busy",
            Failure::Verification(error) => return OperationFailed { problem: error.problem(), retry },
            Failure::Verdict(error) => error.code().unwrap_or("no_answer"),
            Failure::ModelsAway(_) => "models_away",
            Failure::Ledger(_) => "ledger_failed",
        };
        let mut message = failure.to_string();
        if let Failure::Verdict(error) = &failure {
            message = format!("{message}: {error}");
        }
        OperationFailed { problem: wire::Problem::new(code, message), retry }
    }
}
