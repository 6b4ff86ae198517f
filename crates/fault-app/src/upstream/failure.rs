//! Why the upstream gave no answer.

use crate::resilience::Trouble;
use crate::resilience::breaker::Millis;
use std::fmt;

/// Why there is no answer. What it is, is for the wrapper of the route to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure(pub(crate) Kind);

/// The kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It took too long.
    Timeout,
    /// What came is not what was promised.
    WrongData,
    /// The upstream failed and said so.
    UpstreamError,
    /// Nobody is there, or the connection broke.
    Unreachable,
    /// There is neither a fresh nor an older value; it is worth asking again after this time.
    Away(Millis),
}

impl Kind {
    /// Stable, for programs.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Kind::Timeout => "external_timeout",
            Kind::WrongData => "wrong_data",
            Kind::UpstreamError => "upstream_error",
            Kind::Unreachable => "unreachable",
            Kind::Away(_) => "upstream_away",
        }
    }

    /// One sentence, for people.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Kind::Timeout => "The upstream did not answer in time.",
            Kind::WrongData => "The upstream's answer is not what was promised.",
            Kind::UpstreamError => "The upstream failed.",
            Kind::Unreachable => "The upstream cannot be reached.",
            Kind::Away(_) => "The upstream is not available at the moment, and no recent value is known.",
        }
    }
}

impl Trouble for Failure {
    fn may_pass(&self) -> bool {
        matches!(self.0, Kind::Timeout | Kind::UpstreamError | Kind::Unreachable)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl std::error::Error for Failure {}
