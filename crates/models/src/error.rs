//! Why a call brought no answer.

use std::time::Duration;
use wire::model::ModelOutcome;

/// The longest text of somebody else that is taken over, characters.
const LONGEST: usize = 200;

/// Why a call brought no answer. The texts hold no key and no URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// It declined, or the provider's filter did. The same question will be declined again.
    #[error("it declined: {0}")]
    Declined(String),
    /// The answer was cut off at the limit of its length.
    #[error("the answer was cut off at its limit of length")]
    Truncated,
    /// The answer, or the body around it, is not of the agreed form.
    #[error("the answer has not the form that was asked for: {0}")]
    Malformed(String),
    /// There is no answer in the body.
    #[error("the answer is empty")]
    Empty,
    /// The body is larger than what is read.
    #[error("the answer is larger than {0} bytes")]
    Oversized(u64),
    /// It asks for patience.
    #[error("it asks for patience ({status})")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// For how long.
        after: Option<Duration>,
    },
    /// What was paid for, or allowed, is used up: waiting seconds does not help.
    #[error("its quota is used up ({0})")]
    Quota(u16),
    /// It failed by itself.
    #[error("it failed ({status})")]
    Failed {
        /// The HTTP status.
        status: u16,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// Nobody was reached: the question was not even sent.
    #[error("{0}")]
    Unreachable(String),
    /// The connection was cut on the way.
    #[error("{0}")]
    Network(String),
    /// No answer in time.
    #[error("it did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The credential or the request is not accepted.
    #[error("it does not accept the request ({status}): {why}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// Its own word for it.
        why: String,
    },
}

impl ModelError {
    /// As the journal keeps it.
    pub fn outcome(&self) -> ModelOutcome {
        match self {
            ModelError::Declined(_) => ModelOutcome::Declined,
            ModelError::Truncated => ModelOutcome::Truncated,
            ModelError::Malformed(_) | ModelError::Empty | ModelError::Oversized(_) => ModelOutcome::Malformed,
            ModelError::Busy { .. } => ModelOutcome::RateLimited,
            ModelError::Failed { .. } | ModelError::Network(_) | ModelError::Unreachable(_) => {
                ModelOutcome::Unavailable
            }
            ModelError::TimedOut(_) => ModelOutcome::TimedOut,
            ModelError::Rejected { .. } | ModelError::Quota(_) => ModelOutcome::Rejected,
        }
    }

    /// Whether the provider is away for a while: the same question may be answered later.
    pub fn may_pass(&self) -> bool {
        use ModelOutcome::{RateLimited, TimedOut, Unavailable};
        matches!(self.outcome(), RateLimited | Unavailable | TimedOut)
    }

    /// Whether it costs nothing: a status of failure, a question that was not sent, or one that was declined before it was
    /// worked on. Of anything else the provider may have made something.
    pub fn is_unbilled(&self) -> bool {
        match self {
            ModelError::Busy { .. } | ModelError::Failed { .. } | ModelError::Quota(_) => true,
            ModelError::Rejected { .. } | ModelError::Unreachable(_) | ModelError::Declined(_) => true,
            ModelError::Truncated | ModelError::Malformed(_) | ModelError::Empty | ModelError::Oversized(_) => false,
            ModelError::Network(_) | ModelError::TimedOut(_) => false,
        }
    }

    /// Malformed, with a bounded word of somebody else.
    pub fn malformed(why: impl std::fmt::Display) -> Self {
        ModelError::Malformed(word(&why.to_string()))
    }
}

/// Somebody else's text, as far as it is taken over: one bounded line without secrets.
pub fn word(text: &str) -> String {
    let line: String = text.chars().take(LONGEST * 4).map(|c| if c.is_control() { ' ' } else { c }).collect();
    wire::redact::redact(&line).chars().take(LONGEST).collect()
}
