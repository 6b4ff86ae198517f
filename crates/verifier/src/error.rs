//! What can go wrong with a task besides a verdict, and what its caller is told.

use crate::artefacts::StoreError;
use crate::checkout::CheckoutError;
use crate::mirror::MirrorError;
use crate::sandbox::SandboxError;
use chassis::operations::OperationFailed;
use std::time::Duration;

/// How long anything that blocks may take, e.g. a fetch.
const BLOCKING: Duration = Duration::from_secs(60);

/// Why a task came to no answer.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Git.
    #[error("the source cannot be had")]
    Mirror(#[from] MirrorError),
    /// The source folder.
    #[error("the source folder cannot be prepared")]
    Checkout(#[from] CheckoutError),
    /// The sandbox.
    #[error("a command cannot be run")]
    Sandbox(#[from] SandboxError),
    /// The artefact store.
    #[error("the artefact store failed")]
    Store(#[from] StoreError),
    /// A folder or a client of ours.
    #[error("cannot {what}")]
    Failed {
        /// What was tried.
        what: &'static str,
        /// Why.
        #[source]
        source: anyhow::Error,
    },
    /// A commit that does not build.
    #[error("the commit does not build: {0}")]
    DoesNotBuild(String),
    /// Something blocking took too long.
    #[error("{0} took longer than {BLOCKING:?}")]
    TooLong(&'static str),
}

impl VerifyError {
    fn code(&self) -> (&'static str, bool) {
        match self {
            VerifyError::Mirror(MirrorError::UnknownCommit(_)) => ("unknown_commit", false),
            VerifyError::Mirror(MirrorError::Remote(error)) => (error.code(), error.may_pass()),
            VerifyError::Sandbox(SandboxError::Unavailable { .. }) => ("sandbox_unavailable", false),
            VerifyError::DoesNotBuild(_) => ("build_failed", false),
            VerifyError::TooLong(_) => ("too_long", true),
            _ => ("internal", true),
        }
    }
}

impl From<VerifyError> for OperationFailed {
    fn from(error: VerifyError) -> Self {
        let (code, retry) = error.code();
        let message = format!("{:#}", anyhow::Error::from(error));
        if retry { OperationFailed::retry(code, message) } else { OperationFailed::give_up(code, message) }
    }
}

/// Does something that blocks, with a limit.
pub(crate) async fn blocking<T, E, F>(what: &'static str, work: F) -> Result<T, VerifyError>
where
    T: Send + 'static,
    E: Into<VerifyError> + Send + 'static,
    F: FnOnce() -> Result<T, E> + Send + 'static,
{
    match tokio::time::timeout(BLOCKING, tokio::task::spawn_blocking(work)).await {
        Err(_) => Err(VerifyError::TooLong(what)),
        Ok(Err(panic)) => Err(VerifyError::Failed { what, source: panic.into() }),
        Ok(Ok(result)) => result.map_err(Into::into),
    }
}
