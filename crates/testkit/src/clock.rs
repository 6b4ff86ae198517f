//! A clock that a test moves.

use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex};

/// Stands still until it is moved. Clones share the time.
#[derive(Debug, Clone)]
pub struct FakeClock {
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl FakeClock {
    /// Stands at a time, in seconds since 1970.
    pub fn at(seconds: i64) -> Self {
        let now = DateTime::from_timestamp(seconds, 0).expect("a time that exists");
        Self { now: Arc::new(Mutex::new(now)) }
    }

    /// Moves it.
    pub fn advance(&self, by: TimeDelta) {
        *self.now.lock().expect("nobody panics holding the time") += by;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().expect("nobody panics holding the time")
    }
}
