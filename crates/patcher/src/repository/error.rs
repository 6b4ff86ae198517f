//! What goes wrong with git, without the credential that its own texts may show.

use git_remote::{RemoteError, redact};
use git2::ErrorCode;

/// Why git did not do it. Never holds git's own error: its text could show a credential.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepositoryError {
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("cannot {what}: {detail}")]
    Git { what: &'static str, detail: String, code: ErrorCode },
    #[error("the commit was pushed, but the branch does not show it")]
    NotThere,
    #[error("git answered {0} in another form than agreed")]
    Form(&'static str),
}

impl RepositoryError {
    /// Stable, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            RepositoryError::Remote(error) => error.code(),
            RepositoryError::Git { .. } | RepositoryError::Form(_) => "git_failed",
            RepositoryError::NotThere => "push_not_there",
        }
    }

    /// Whether the same may succeed later: the disk, the network and other writers change, settings do not.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            RepositoryError::Remote(error) => error.may_pass(),
            RepositoryError::Git { code, .. } => !matches!(code, ErrorCode::Owner | ErrorCode::InvalidSpec),
            RepositoryError::NotThere => true,
            RepositoryError::Form(_) => false,
        }
    }
}

/// Says what was tried when git fails.
pub(super) trait At<T> {
    fn at(self, what: &'static str) -> Result<T, RepositoryError>;
}

impl<T> At<T> for Result<T, git2::Error> {
    fn at(self, what: &'static str) -> Result<T, RepositoryError> {
        self.map_err(|error| RepositoryError::Git { what, detail: redact(error.message()), code: error.code() })
    }
}
