//! How often something comes, in slices of time, and whether that is more than usual. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wire::target::Burst;

/// How much of the usual number a new slice makes up.
const WEIGHT: f64 = 0.1;

/// A rate that is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rate {
    /// The slice at hand, counted from 1970, and what came in it.
    slice: i64,
    count: u32,
    /// What usually comes in a slice: older ones count less and less.
    usual: f64,
    /// How many slices were seen before this one, and how many of the last were ordinary.
    seen: u32,
    calm: u32,
    /// Whether it was told that this is more than usual.
    pub(crate) high: bool,
}

/// It is more than usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct More {
    pub(crate) count: u32,
    pub(crate) usual: f64,
}

impl Rate {
    /// Watched from this moment on; nothing has come yet.
    pub(crate) fn since(at: DateTime<Utc>, burst: &Burst) -> Self {
        Self { slice: slice(at, burst), count: 0, usual: 0.0, seen: 0, calm: 0, high: false }
    }

    /// Counts one; says so when it makes the slice one that is more than usual, once until it was ordinary for long enough.
    /// What is older than the slice at hand is history and counts nowhere.
    pub(crate) fn count(&mut self, at: DateTime<Utc>, burst: &Burst) -> Option<More> {
        let now = slice(at, burst);
        if now < self.slice {
            return None;
        }
        self.go_on_to(now, burst);
        self.count = self.count.saturating_add(1);
        if self.high || !self.is_over(burst) || self.seen < burst.quiet_slices {
            return None;
        }
        self.high = true;
        Some(More { count: self.count, usual: self.usual })
    }

    fn go_on_to(&mut self, now: i64, burst: &Burst) {
        let Some(empty) = u32::try_from(now.saturating_sub(self.slice).saturating_sub(1)).ok() else {
            // Further than anybody counts.
            if now > self.slice {
                *self = Self { slice: now, count: 0, usual: 0.0, seen: u32::MAX, calm: u32::MAX, high: false };
            }
            return;
        };
        if now == self.slice {
            return;
        }
        self.calm = if self.is_over(burst) { 0 } else { self.calm.saturating_add(1) };
        self.usual += WEIGHT * (f64::from(self.count) - self.usual);
        self.usual *= (1.0 - WEIGHT).powf(f64::from(empty));
        self.calm = self.calm.saturating_add(empty);
        self.seen = self.seen.saturating_add(1).saturating_add(empty);
        self.high &= self.calm < burst.quiet_slices;
        (self.slice, self.count) = (now, 0);
    }

    fn is_over(&self, burst: &Burst) -> bool {
        f64::from(self.count) >= f64::from(burst.minimum).max(burst.factor * self.usual)
    }
}

fn slice(at: DateTime<Utc>, burst: &Burst) -> i64 {
    at.timestamp().div_euclid(i64::try_from(burst.slice_s.max(1)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURST: Burst =
        Burst { slice_s: 10, minimum: 20, factor: 5.0, quiet_slices: 6, severity: wire::incident::Severity::Medium };

    const NEVER: [i64; 0] = [];

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    /// Counts so many a slice, slice by slice; in which of them it was told of more than usual.
    fn told(rate: &mut Rate, first: i64, counts: &[u32]) -> Vec<i64> {
        let slices = (first..).zip(counts);
        let told = slices
            .filter(|(slice, count)| (0..**count).filter(|_| rate.count(at(slice * 10), &BURST).is_some()).count() > 0);
        told.map(|(slice, _)| slice).collect()
    }

    #[test]
    fn more_than_usual_is_told_once_until_it_was_quiet_again() {
        let mut rate = Rate::since(at(0), &BURST);
        assert_eq!(told(&mut rate, 0, &[2; 30]), NEVER);
        assert_eq!(told(&mut rate, 30, &[40, 60, 80, 2, 2, 50]), [30], "one burst with a pause that is too short");
        assert_eq!(told(&mut rate, 36, &[2; 30]), NEVER);
        assert_eq!(told(&mut rate, 66, &[200]), [66]);
    }

    #[test]
    fn a_target_that_never_had_an_error_has_a_burst_with_the_first_ones() {
        let mut rate = Rate::since(at(0), &BURST);
        assert_eq!(told(&mut rate, 5, &[100]), NEVER, "nobody knows yet what is usual");
        let mut rate = Rate::since(at(0), &BURST);
        assert_eq!(told(&mut rate, 6, &[19]), NEVER);
        let mut rate = Rate::since(at(0), &BURST);
        assert_eq!(told(&mut rate, 6, &[20]), [6]);
        assert_eq!(told(&mut rate, 100_000, &[20]), [100_000]);
        assert_eq!(rate.count(DateTime::<Utc>::MAX_UTC, &BURST), None);
    }

    #[test]
    fn what_is_always_much_becomes_usual() {
        let mut rate = Rate::since(at(0), &BURST);
        assert_eq!(told(&mut rate, 0, &[100; 200]), NEVER, "it has always been so");
        assert_eq!(told(&mut rate, 200, &[300; 5]), NEVER);
        assert_eq!(told(&mut rate, 205, &[100; 60]), NEVER);
        assert_eq!(told(&mut rate, 265, &[600; 60]), [265], "told once, however long it lasts");
        assert_eq!(told(&mut rate, 325, &[900]), NEVER, "by now it is usual");
    }

    #[test]
    fn history_counts_nowhere() {
        let mut rate = Rate::since(at(1_000), &BURST);
        assert_eq!(told(&mut rate, 0, &[100; 100]), NEVER);
        assert_eq!(rate, Rate::since(at(1_000), &BURST));
    }
}
