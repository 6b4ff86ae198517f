//! Looks seldom at what is known to be away.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What was seen of something at last, and when it may be looked at again while it is left alone.
#[derive(Debug)]
pub(crate) struct Trials<T> {
    pauses: Vec<Duration>,
    last: Mutex<Option<Last<T>>>,
}

#[derive(Debug)]
struct Last<T> {
    seen: T,
    at: Instant,
    /// So many trials since it is left alone.
    trials: usize,
}

impl<T: Clone> Trials<T> {
    pub(crate) fn new(pauses_ms: &[u64]) -> Self {
        Self { pauses: pauses_ms.iter().copied().map(Duration::from_millis).collect(), last: Mutex::new(None) }
    }

    /// What was seen at last, when it is too early for the next trial.
    pub(crate) fn recent(&self, now: Instant) -> Option<T> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|last| now - last.at < pause(&self.pauses, last.trials)).map(|last| last.seen.clone())
    }

    /// Notes what was seen; whether it was a trial, or an ordinary look.
    pub(crate) fn note(&self, seen: T, is_trial: bool, now: Instant) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.as_ref().map_or(0, |last| last.trials);
        *last = Some(Last { seen, at: now, trials: if is_trial { before.saturating_add(1) } else { 0 } });
    }
}

/// The pause before the next trial, after so many of them. Pure.
pub(crate) fn pause(pauses: &[Duration], trials: usize) -> Duration {
    pauses.get(trials).or(pauses.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_the_last_one_stays() {
        let pauses = [10, 30, 60].map(Duration::from_secs);
        let got: Vec<u64> = (0..5).map(|trials| pause(&pauses, trials).as_secs()).collect();
        assert_eq!(got, [10, 30, 60, 60, 60]);
        assert_eq!(pause(&[], 3), Duration::ZERO);
    }

    #[test]
    fn what_is_away_is_looked_at_again_only_after_the_pause() {
        let (trials, begun) = (Trials::new(&[10_000, 30_000]), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(trials.recent(at(0)), None);
        trials.note(1, false, at(0));
        assert_eq!(trials.recent(at(9)), Some(1));
        assert_eq!(trials.recent(at(10)), None);
        trials.note(2, true, at(10));
        assert_eq!(trials.recent(at(39)), Some(2));
        assert_eq!(trials.recent(at(40)), None);
    }
}
