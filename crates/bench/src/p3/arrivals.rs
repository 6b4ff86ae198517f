//! When which line arrived where.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What every line's name begins with.
pub(super) const NAMED: &str = "line-";
/// How many digits follow.
const DIGITS: usize = 9;

/// A way that a line can take, and its number.
pub(super) type Line = (&'static str, usize);

/// The instants of arrival by way and number. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrivals {
    shared: Arc<(Mutex<HashMap<Line, Instant>>, Condvar)>,
}

impl Arrivals {
    /// Notes what arrived at an instant; the first one counts.
    pub(super) fn note(&self, line: Line, at: Instant) {
        let (known, bell) = &*self.shared;
        known.lock().unwrap_or_else(PoisonError::into_inner).entry(line).or_insert(at);
        bell.notify_all();
    }

    /// When a line arrived; waits for it.
    pub(super) fn wait(&self, line: Line, limit: Duration) -> Option<Instant> {
        let (known, bell) = &*self.shared;
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = bell.wait_timeout_while(known, limit, |known| !known.contains_key(&line));
        waited.unwrap_or_else(PoisonError::into_inner).0.get(&line).copied()
    }
}

/// A line that marks a fault.
pub(super) fn text(number: usize) -> String {
    format!(
        "{{\"level\":\"error\",\"marker\":\"BENCH_FAULT\",\"event_id\":\"{NAMED}{number:0DIGITS$}\",\"request_id\":\"{number:016x}\",\
         \"message\":\"the request failed as it was told to\"}}\n"
    )
}

/// A line that marks none.
pub(super) fn noise(number: usize) -> String {
    format!(
        "{{\"level\":\"info\",\"request_id\":\"{number:016x}\",\"path\":\"/api/orders/{number}\",\"status\":200,\"ms\":3}}\n"
    )
}

/// The numbers of the lines that stand in a text.
pub(super) fn numbers(text: &[u8]) -> Vec<usize> {
    let places = memchr::memmem::find_iter(text, NAMED);
    let digits = places.filter_map(|at| text.get(at + NAMED.len()..at + NAMED.len() + DIGITS));
    digits.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_s_number_is_read_back_and_noise_has_none() {
        let text = [text(7), noise(8), text(123_456_789)].concat();
        assert_eq!(numbers(text.as_bytes()), [7, 123_456_789]);
        assert!(numbers(b"line-12").is_empty());
    }

    #[test]
    fn the_first_arrival_counts_and_what_does_not_arrive_is_not_waited_for_long() {
        let (arrivals, first) = (Arrivals::default(), Instant::now());
        arrivals.note(("way", 1), first);
        arrivals.note(("way", 1), Instant::now());
        assert_eq!(arrivals.wait(("way", 1), Duration::ZERO), Some(first));
        assert_eq!(arrivals.wait(("other", 1), Duration::from_millis(1)), None);
    }
}
