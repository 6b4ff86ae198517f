//! What goes wrong with a remote. Never holds git's own error: its text could show a credential.

use crate::redact::redact;
use git2::ErrorCode;
use std::path::PathBuf;
use std::time::Duration;
use wire::problem::code;

/// Why a remote did not do it.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The URL holds one; it is not told.
    #[error("the remote's URL holds a credential; it must not")]
    CredentialInUrl,
    /// Another transport.
    #[error("remotes over {0} are not supported: only a bare repository on this machine, or ssh")]
    Unsupported(String),
    /// What is wrong with it; the URL itself is not told.
    #[error("the remote's URL is not one that can be used: {0}")]
    BadUrl(&'static str),
    /// The branch of the target file.
    #[error("{0:?} is not a name of a branch")]
    BadBranch(String),
    /// A setting lacks or cannot be used.
    #[error("the remote is reached over ssh, but {0}")]
    NoAccess(String),
    /// Somebody works in it.
    #[error("the remote is not a bare repository: pushing would change what somebody works on")]
    NotBare,
    /// The branch is not there.
    #[error("the remote has no branch {0}")]
    NoBranch(String),
    /// The host has no such repository, or not for this key.
    #[error("{place} has no such repository, or not for this key: {detail}")]
    NoRepository {
        /// The host.
        place: String,
        /// What it said.
        detail: String,
    },
    /// It cannot be reached now.
    #[error("cannot {what}: {place} cannot be reached: {detail}")]
    Away {
        /// What was tried.
        what: &'static str,
        /// The host, or the remote.
        place: String,
        /// What was said.
        detail: String,
    },
    /// It was reached and is silent.
    #[error("cannot {what}: {place} said nothing for {limit:?}")]
    Silent {
        /// What was tried.
        what: &'static str,
        /// The host.
        place: String,
        /// For how long.
        limit: Duration,
    },
    /// The key is not good for it.
    #[error("cannot {what}: {place} does not allow it with the key of `ssh_key` ({}): {detail}", key.display())]
    Denied {
        /// What was tried.
        what: &'static str,
        /// The host.
        place: String,
        /// The key's file.
        key: PathBuf,
        /// What was said.
        detail: String,
    },
    /// The host is not who it is said to be.
    #[error("{place} {}: see the file of `ssh_known_hosts` ({})", judged(*changed), known_hosts.display())]
    HostKey {
        /// The host.
        place: String,
        /// Whether another key is known.
        changed: bool,
        /// Where known hosts stand.
        known_hosts: PathBuf,
    },
    /// A rule of the remote (a hook, a protected branch) refuses it.
    #[error("the remote's own rules refuse the push: {0}")]
    Declined(String),
    /// `git` or `timeout` cannot be started.
    #[error("the machine's git cannot be started")]
    Program(#[source] std::io::Error),
    /// Anything else that git says.
    #[error("cannot {what}: {detail}")]
    Git {
        /// What was tried.
        what: &'static str,
        /// What was said.
        detail: String,
        /// Whether the same may succeed later.
        may_pass: bool,
    },
}

impl RemoteError {
    /// Stable, for programs: `unavailable` when something does not answer now, else what a person has to look at.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Away { .. } | Self::Silent { .. } => code::UNAVAILABLE,
            Self::Git { .. } => "git_failed",
            Self::NoBranch(_) => "no_branch",
            Self::NoRepository { .. } => "no_repository",
            Self::Denied { .. } => "remote_denied",
            Self::HostKey { .. } => "unknown_host",
            Self::Declined(_) => "push_declined",
            Self::CredentialInUrl
            | Self::Unsupported(_)
            | Self::BadUrl(_)
            | Self::BadBranch(_)
            | Self::NoAccess(_)
            | Self::NotBare
            | Self::Program(_) => "unusable_remote",
        }
    }

    /// Whether the same may succeed later: networks, disks and other writers change, settings and rights do not.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Away { .. } | Self::Silent { .. } | Self::NoBranch(_) => true,
            Self::Git { may_pass, .. } => *may_pass,
            _ => false,
        }
    }
}

fn judged(changed: bool) -> &'static str {
    if changed { "shows another host key than the known one" } else { "is not a known host" }
}

/// Whether what libgit2 says may be another later.
fn may_pass(code: ErrorCode) -> bool {
    !matches!(code, ErrorCode::Owner | ErrorCode::InvalidSpec)
}

/// Says what was tried when libgit2 fails.
pub(crate) trait At<T> {
    fn at(self, what: &'static str) -> Result<T, RemoteError>;
    /// The same where the remote itself may be away.
    fn or_away(self, what: &'static str) -> Result<T, RemoteError>;
}

impl<T> At<T> for Result<T, git2::Error> {
    fn at(self, what: &'static str) -> Result<T, RemoteError> {
        let git = |error: git2::Error| (redact(error.message()), may_pass(error.code()));
        self.map_err(git).map_err(|(detail, may_pass)| RemoteError::Git { what, detail, may_pass })
    }

    fn or_away(self, what: &'static str) -> Result<T, RemoteError> {
        self.at(what).map_err(|error| match error {
            RemoteError::Git { what, detail, may_pass: true } => {
                RemoteError::Away { what, place: "the remote".to_owned(), detail }
            }
            other => other,
        })
    }
}
