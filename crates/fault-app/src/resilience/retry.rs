//! When a call is tried again: a schedule without a clock. There is no jitter, because the figures are promised.

use std::time::Duration;

/// The pauses before the retries.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// The whole call with its retries.
pub(crate) const DEADLINE: Duration = Duration::from_secs(4);
/// What remains of it for the answer after the last attempt.
const REST: Duration = Duration::from_millis(100);
/// One attempt: so long that two and the pause between them end well before the deadline, on a busy machine too.
const ATTEMPT: Duration = Duration::from_millis(1250);

/// How long an attempt may take that begins `elapsed` after the call, when its maker asks for `asked`.
pub(crate) fn attempt_limit(elapsed: Duration, asked: Duration) -> Duration {
    asked.min(ATTEMPT).min(DEADLINE.saturating_sub(REST).saturating_sub(elapsed))
}

/// The pause before the retry after `retries` others, or none if there are no more or it would begin too late.
pub(crate) fn pause(retries: usize, elapsed: Duration) -> Option<Duration> {
    PAUSES.get(retries).copied().filter(|pause| elapsed + *pause + REST < DEADLINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When attempts begin that take `each` and fail, and when the call ends.
    fn run(each: Duration, asked: Duration) -> (Vec<u128>, Duration) {
        let (mut now, mut begun) = (Duration::ZERO, Vec::new());
        loop {
            begun.push(now.as_millis());
            now += each.min(attempt_limit(now, asked));
            match pause(begun.len() - 1, now) {
                Some(pause) => now += pause,
                None => return (begun, now),
            }
        }
    }

    const ASKED: Duration = Duration::from_secs(3);

    #[test]
    fn failures_at_once_are_tried_again_after_one_and_after_two_more_seconds() {
        assert_eq!(run(Duration::ZERO, ASKED), (vec![0, 1000, 3000], Duration::from_secs(3)));
    }

    #[test]
    fn two_attempts_fit_when_the_upstream_is_slow() {
        assert_eq!(run(Duration::from_secs(9), ASKED), (vec![0, 2250], Duration::from_millis(3500)));
    }

    #[test]
    fn the_pauses_are_one_two_and_four_seconds_and_then_there_is_no_more() {
        let pauses: Vec<_> =
            (0..5).map(|retries| pause(retries, Duration::ZERO).map(|pause| pause.as_secs())).collect();
        assert_eq!(pauses, [Some(1), Some(2), None, None, None], "the third does not fit the deadline");
        assert_eq!(PAUSES.map(|pause| pause.as_secs()), [1, 2, 4]);
    }

    #[test]
    fn whatever_attempts_take_the_call_ends_within_its_deadline_and_each_attempt_has_time() {
        for each in (0..5000).step_by(7).map(Duration::from_millis) {
            for asked in [1, 300, 3000, 60_000].map(Duration::from_millis) {
                let (begun, ended) = run(each, asked);
                assert!(ended <= DEADLINE - REST, "{each:?} {asked:?}: {begun:?} {ended:?}");
                assert!(begun.len() <= 4, "{begun:?}");
                let last = Duration::from_millis(u64::try_from(*begun.last().unwrap()).unwrap());
                assert!(!attempt_limit(last, asked).is_zero(), "{each:?} {asked:?}: {begun:?}");
            }
        }
    }

    #[test]
    fn an_attempt_takes_no_longer_than_its_maker_asks() {
        assert_eq!(attempt_limit(Duration::ZERO, Duration::from_millis(200)), Duration::from_millis(200));
    }
}
