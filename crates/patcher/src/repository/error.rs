//! What goes wrong with git, without the credential that its own texts may show.

use crate::redact::redact;
use git2::{ErrorClass, ErrorCode};

/// Why git did not do it. Never holds git's own error: its text could show a credential.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RepositoryError {
    #[error("cannot {what}: {detail}")]
    Git { what: &'static str, detail: String, code: ErrorCode, class: ErrorClass },
    #[error("the remote has no branch {0}")]
    NoBranch(String),
    #[error("the remote's URL holds a credential; it must not")]
    CredentialInUrl,
    #[error("remotes over {0} are not supported yet: only a bare repository on this machine")]
    UnsupportedRemote(String),
    #[error("{0:?} is not a name of a branch")]
    BadBranch(String),
    #[error("the remote is not a bare repository: pushing would change what somebody works on")]
    NotBare,
    #[error("the commit was pushed, but the branch does not show it")]
    NotThere,
    #[error("git answered {0} in another form than agreed")]
    Form(&'static str),
}

impl RepositoryError {
    /// Stable, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            RepositoryError::Git { .. } | RepositoryError::Form(_) => "git_failed",
            RepositoryError::NoBranch(_) => "no_branch",
            RepositoryError::CredentialInUrl
            | RepositoryError::UnsupportedRemote(_)
            | RepositoryError::BadBranch(_)
            | RepositoryError::NotBare => "unusable_remote",
            RepositoryError::NotThere => "push_not_there",
        }
    }

    /// Whether the same may succeed later: the disk, the network and other writers change, settings do not.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            RepositoryError::Git { code, .. } => !matches!(code, ErrorCode::Owner | ErrorCode::InvalidSpec),
            RepositoryError::NoBranch(_) | RepositoryError::NotThere => true,
            _ => false,
        }
    }
}

/// Says what was tried when git fails.
pub(super) trait At<T> {
    fn at(self, what: &'static str) -> Result<T, RepositoryError>;
}

impl<T> At<T> for Result<T, git2::Error> {
    fn at(self, what: &'static str) -> Result<T, RepositoryError> {
        self.map_err(|error| RepositoryError::Git {
            what,
            detail: redact(error.message()),
            code: error.code(),
            class: error.class(),
        })
    }
}
