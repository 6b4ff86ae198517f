//! Why the database gave no answer.

use std::error::Error as _;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Every connection is in use.
    Busy,
    /// No connection can be opened, or it broke.
    Unreachable(Option<Error>),
    /// It took too long for us.
    Late,
    /// It took too long for the server, which stopped it.
    Cancelled,
    /// The server, or the row it answered with, refused the work itself.
    Refused(Error),
}

impl Failure {
    /// Tells a broken or overloaded server from work that it refused.
    pub(crate) fn of(error: Error) -> Self {
        match error.code() {
            Some(&SqlState::QUERY_CANCELED) => Failure::Cancelled,
            Some(code) if ["08", "53", "57", "58", "XX"].iter().any(|class| code.code().starts_with(class)) => {
                Failure::Unreachable(None)
            }
            None if error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>()) => {
                Failure::Unreachable(None)
            }
            _ => Failure::Refused(error),
        }
    }
}
