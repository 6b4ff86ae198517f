//! A provider that does not serve is left alone for a while. Pure.

use crate::error::ModelError;
use chrono::{DateTime, TimeDelta, Utc};

/// So many questions in a row without an answer open it.
const FAILURES: u32 = 3;
/// For so long, seconds.
const PAUSE_S: i64 = 60;
/// A credential or a quota does not mend in a minute: for so long, seconds.
const LONG_PAUSE_S: i64 = 600;

/// See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    open_until: Option<DateTime<Utc>>,
}

impl Breaker {
    /// Whether the provider may be asked. After the pause one question is let through to find out.
    pub fn lets_through(&self, now: DateTime<Utc>) -> bool {
        self.open_until.is_none_or(|until| until <= now)
    }

    /// Takes in how a question ended, all its retries included.
    #[must_use]
    pub fn after(self, ended: Result<(), &ModelError>, now: DateTime<Utc>) -> Self {
        match ended {
            // Whoever declines, writes nonsense, or writes without an end is there.
            Ok(()) | Err(ModelError::Declined(_) | ModelError::Truncated) => Self::default(),
            Err(ModelError::Malformed(_) | ModelError::Oversized(_)) => Self::default(),
            Err(ModelError::Quota(_) | ModelError::Rejected { .. }) => self.open(now, LONG_PAUSE_S),
            Err(_) if self.failures + 1 >= FAILURES => self.open(now, PAUSE_S),
            Err(_) => Self { failures: self.failures + 1, open_until: None },
        }
    }

    fn open(self, now: DateTime<Utc>, seconds: i64) -> Self {
        Self { failures: FAILURES, open_until: now.checked_add_signed(TimeDelta::seconds(seconds)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    #[test]
    fn the_third_failure_in_a_row_opens_it_and_an_answer_closes_it() {
        let cut = ModelError::Network("cut".into());
        let twice = Breaker::default().after(Err(&cut), at(0)).after(Err(&cut), at(1));
        assert!(twice.lets_through(at(1)));
        assert_eq!(twice.after(Ok(()), at(2)), Breaker::default());
        let open = twice.after(Err(&cut), at(2));
        assert!(!open.lets_through(at(61)) && open.lets_through(at(62)));
        assert!(!open.after(Err(&cut), at(62)).lets_through(at(63)), "the one that is let through opens it again");
        assert_eq!(open.after(Ok(()), at(62)), Breaker::default());
    }

    #[test]
    fn a_credential_opens_it_at_once_and_what_was_answered_never() {
        let rejected = ModelError::Rejected { status: 401, why: String::new() };
        assert!(!Breaker::default().after(Err(&rejected), at(0)).lets_through(at(599)));
        assert!(!Breaker::default().after(Err(&ModelError::Quota(402)), at(0)).lets_through(at(599)));
        let mut breaker = Breaker::default();
        let there = [ModelError::Declined("x".into()), ModelError::Oversized(1), ModelError::Malformed("x".into())];
        for (second, error) in (0..9).zip(there.iter().cycle()) {
            breaker = breaker.after(Err(error), at(second));
        }
        assert!(breaker.lets_through(at(9)));
    }
}
