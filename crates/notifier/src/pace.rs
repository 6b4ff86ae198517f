//! No more messages than people can read: a token bucket. Pure; time comes from outside.

use chrono::{DateTime, TimeDelta, Utc};

/// A bucket that fills evenly and holds a minute's worth.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    interval: TimeDelta,
    burst: TimeDelta,
    /// When the bucket would be full again.
    full_at: DateTime<Utc>,
}

impl Pace {
    /// At most so many a minute, all at once if need be.
    pub(crate) fn per_minute(messages: u32, now: DateTime<Utc>) -> Self {
        let interval = TimeDelta::minutes(1) / i32::try_from(messages.max(1)).unwrap_or(i32::MAX);
        Self { interval, burst: TimeDelta::minutes(1), full_at: now }
    }

    /// Takes a place, or says when there is one.
    pub(crate) fn take(&mut self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        let full_at = self.full_at.max(now) + self.interval;
        if full_at > now + self.burst {
            return Err(full_at - self.burst);
        }
        self.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_a_minute_s_worth_passes_and_the_rest_waits() {
        let start = DateTime::from_timestamp(1_000, 0).unwrap();
        let mut pace = Pace::per_minute(3, start);
        assert_eq!([pace.take(start), pace.take(start), pace.take(start)], [Ok(()); 3]);
        let again = start + TimeDelta::seconds(20);
        assert_eq!(pace.take(start), Err(again));
        assert_eq!(pace.take(again - TimeDelta::seconds(1)), Err(again));
        assert_eq!((pace.take(again), pace.take(again)), (Ok(()), Err(again + TimeDelta::seconds(20))));
    }

    #[test]
    fn in_any_minute_after_the_first_burst_no_more_than_the_limit_passes() {
        let start = DateTime::from_timestamp(1_000, 0).unwrap();
        let mut pace = Pace::per_minute(7, start);
        let passed = (0..600).filter(|second| pace.take(start + TimeDelta::seconds(*second)).is_ok()).count();
        assert!((7 + 69..=7 + 70).contains(&passed), "{passed}");
    }
}
