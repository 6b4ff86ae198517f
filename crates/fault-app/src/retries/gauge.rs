//! How many calls were made lately, by all requests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What counts as lately.
const LATELY: Duration = Duration::from_secs(2);
/// More calls than this are more than the upstream bears.
const BEARABLE: usize = 20;

/// Counts them.
#[derive(Default)]
pub(crate) struct Gauge(Mutex<VecDeque<Instant>>);

impl Gauge {
    pub(super) fn note(&self) {
        self.lately(|calls| calls.push_back(Instant::now()));
    }

    /// How many there were lately.
    pub(crate) fn calls(&self) -> usize {
        self.lately(|calls| calls.len())
    }

    /// Whether the upstream bears them.
    pub(crate) fn is_bearable(&self) -> bool {
        self.calls() <= BEARABLE
    }

    fn lately<T>(&self, with: impl FnOnce(&mut VecDeque<Instant>) -> T) -> T {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while calls.front().is_some_and(|call| call.elapsed() > LATELY) {
            calls.pop_front();
        }
        with(&mut calls)
    }
}
