//! Why a cluster did not do or tell something. No address and no credential stands in any of it.

use std::time::Duration;

/// What stood in the way, of a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The role of this platform does not allow it.
    #[error("it is forbidden to {verb} {resource}: the role in deploy/kubernetes/warden-role.yaml allows it")]
    Forbidden {
        /// The verb of the missing rule.
        verb: &'static str,
        /// Its resource, with its group.
        resource: String,
    },
    /// It does not know who asks.
    #[error("the cluster does not accept the credential of the kubeconfig")]
    Stranger,
    /// There is no such object, or the cluster does not know this kind.
    #[error("there is no such {0}")]
    Absent(String),
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed it meanwhile")]
    Conflict,
    /// The cluster has too much to do, or is in trouble: it may pass.
    #[error("the cluster answered {0}")]
    Trouble(u16),
    /// The cluster does not take it.
    #[error("the cluster refused it ({code}): {message}")]
    Invalid {
        /// The status.
        code: u16,
        /// What it says.
        message: String,
    },
    /// No answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    /// It cannot be reached.
    #[error("the cluster cannot be reached")]
    Away,
    /// There are more of them than are read.
    #[error("there are more than {0} of them")]
    TooMany(usize),
    /// It answered what nobody understands.
    #[error("the cluster's answer cannot be understood")]
    Malformed,
}

impl CallError {
    /// Of kube's.
    pub(crate) fn of(error: kube::Error, verb: &'static str, resource: &str) -> Self {
        let status = match error {
            kube::Error::Api(status) => status,
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => return CallError::Malformed,
            _ => return CallError::Away,
        };
        match status.code {
            401 => CallError::Stranger,
            403 => CallError::Forbidden { verb, resource: resource.to_owned() },
            404 => CallError::Absent(resource.to_owned()),
            409 => CallError::Conflict,
            429 | 500..=599 => CallError::Trouble(status.code),
            code => CallError::Invalid { code, message: plain(&status.message) },
        }
    }

    /// Whether the same call may go better soon.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, CallError::Trouble(_) | CallError::Late(_) | CallError::Away)
    }
}

/// A text of the cluster or of an application, as it may be told: one line, short, without secrets.
pub(crate) fn plain(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = wire::redact(line.trim());
    line.chars().take(300).collect()
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// It must not be.
    #[error("{0}")]
    Refused(String),
    /// It is not any more what it was decided upon, or what is to be taken back.
    #[error("somebody changed it meanwhile, so it is left as it is")]
    Foreign,
    /// It was asked for, and came to nothing.
    #[error("cannot {what}")]
    Call {
        /// What was to be done.
        what: &'static str,
        /// Why not.
        #[source]
        source: CallError,
    },
    /// It was sent before this happened: nobody can tell whether it was made.
    #[error(transparent)]
    Unsure(Box<ChangeError>),
}

impl ChangeError {
    /// Whether nothing was sent: then nothing is changed.
    pub fn is_unsent(&self) -> bool {
        !matches!(self, ChangeError::Unsure(_))
    }

    /// Whether somebody else's change was met.
    pub fn is_foreign(&self) -> bool {
        match self {
            ChangeError::Unsure(inner) => inner.is_foreign(),
            other => matches!(other, ChangeError::Foreign),
        }
    }

    /// Whether the same may go better soon, or after another look.
    pub fn may_pass(&self) -> bool {
        match self {
            ChangeError::Refused(_) => false,
            ChangeError::Foreign => true,
            ChangeError::Call { source, .. } => source.may_pass() || *source == CallError::Conflict,
            ChangeError::Unsure(inner) => inner.may_pass(),
        }
    }

    pub(crate) fn call(what: &'static str) -> impl FnOnce(CallError) -> Self {
        move |source| ChangeError::Call { what, source }
    }
}

/// Why there is no way to a cluster.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file cannot be used.
    #[error("the kubeconfig {path} cannot be used")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: kube::config::KubeconfigError,
    },
    /// There is no service account.
    #[error("there is no service account of a cluster on this machine")]
    InCluster(#[source] kube::config::InClusterError),
    /// No client can be made.
    #[error("no client of the cluster can be made")]
    Client(#[source] kube::Error),
}
