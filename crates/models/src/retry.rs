//! When the same provider is asked again, and when the next one is. Pure.

use crate::error::ModelError;
use std::time::Duration;

/// How often a provider is asked again, at most.
pub const MAX_RETRIES: u32 = 2;
/// The pause before the first retry; it doubles. A provider that says how long it wants is heard instead.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// What follows a call without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Wait so long, and ask the same again.
    Again(Duration),
    /// Ask the next provider.
    Other,
}

/// What follows the attempt with this number, from 1. `patience` is how long may be waited at most.
pub fn next(attempt: u32, error: &ModelError, patience: Duration) -> Next {
    let asked = match error {
        ModelError::Busy { after, .. } | ModelError::Failed { after, .. } => *after,
        ModelError::Network(_) | ModelError::Unreachable(_) | ModelError::Empty => None,
        // Half an answer: once more, as it may have been the way. A form that it cannot keep, it cannot keep twice.
        ModelError::Malformed(_) if attempt == 1 => None,
        ModelError::Malformed(_)
        | ModelError::Declined(_)
        | ModelError::Truncated
        | ModelError::Oversized(_)
        | ModelError::Quota(_)
        | ModelError::TimedOut(_)
        | ModelError::Rejected { .. } => return Next::Other,
    };
    if attempt > MAX_RETRIES {
        return Next::Other;
    }
    let own = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(4));
    // An early retry fails again and is counted against us; what it asks for is rounded up to be on its side of the clock.
    let pause = asked.map_or(own, |asked| asked.saturating_add(Duration::from_millis(50)));
    if pause > patience { Next::Other } else { Next::Again(pause) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn again(ms: u64) -> Next {
        Next::Again(Duration::from_millis(ms))
    }

    #[track_caller]
    fn check(error: &ModelError, wanted: [Next; 3]) {
        let got = [1, 2, 3].map(|attempt| next(attempt, error, PATIENCE));
        assert_eq!(got, wanted, "{error:?}");
    }

    #[test]
    fn what_may_pass_is_tried_twice_more_after_one_and_two_seconds() {
        for status in [429, 503, 529] {
            check(&ModelError::Busy { status, after: None }, [again(1_000), again(2_000), Next::Other]);
        }
        for status in [408, 409, 500, 502, 504] {
            check(&ModelError::Failed { status, after: None }, [again(1_000), again(2_000), Next::Other]);
        }
        check(&ModelError::Network("cut".into()), [again(1_000), again(2_000), Next::Other]);
        check(&ModelError::Unreachable("x".into()), [again(1_000), again(2_000), Next::Other]);
        check(&ModelError::Empty, [again(1_000), again(2_000), Next::Other]);
    }

    #[test]
    fn what_the_provider_asks_for_is_waited_unless_it_is_too_long() {
        let busy = |seconds| ModelError::Busy { status: 429, after: Some(Duration::from_secs_f64(seconds)) };
        check(&busy(0.0), [again(50), again(50), Next::Other]);
        check(&busy(0.2), [again(250), again(250), Next::Other]);
        check(&busy(7.0), [again(7_050), again(7_050), Next::Other]);
        check(&busy(29.95), [again(30_000), again(30_000), Next::Other]);
        check(&busy(31.0), [Next::Other; 3]);
        check(&busy(1e9), [Next::Other; 3]);
    }

    #[test]
    fn half_an_answer_is_asked_for_once_more_and_what_will_not_change_is_not() {
        check(&ModelError::Malformed("x".into()), [again(1_000), Next::Other, Next::Other]);
        for error in [
            ModelError::Declined("x".into()),
            ModelError::Truncated,
            ModelError::Oversized(1),
            ModelError::Quota(429),
            ModelError::TimedOut(PATIENCE),
            ModelError::Rejected { status: 401, why: String::new() },
        ] {
            check(&error, [Next::Other; 3]);
        }
    }

    #[test]
    fn without_patience_the_next_provider_is_asked_at_once() {
        assert_eq!(next(1, &ModelError::Network("cut".into()), Duration::ZERO), Next::Other);
    }
}
