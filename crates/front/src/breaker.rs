//! A circuit breaker, as a relief puts it in: it begins with a try, and so it does for each version. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// A breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// All is passed on, until one fails.
    Closed,
    /// Nothing is passed on until then.
    Open {
        /// When one is tried.
        next: DateTime<Utc>,
    },
    /// One is under way; the others wait.
    Trying {
        /// When another one is tried whatever becomes of it.
        until: DateTime<Utc>,
    },
}

/// What is done with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is passed on.
    Pass,
    /// It is passed on, and what becomes of it decides.
    Try,
    /// It is not passed on; the caller may come again in so many seconds.
    Wait(u32),
}

/// What became of a request that was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// A good answer.
    Well,
    /// A failure of whoever was asked.
    Ill,
    /// Nobody waited until there was an answer.
    Late,
    /// Something that says nothing: it was never asked, or the caller was wrong.
    Nothing,
}

impl Breaker {
    /// One that nothing was asked of yet.
    pub fn fresh(now: DateTime<Utc>) -> Self {
        Breaker::Open { next: now }
    }

    /// What is done with the next request.
    pub fn ask(&mut self, now: DateTime<Utc>, every: TimeDelta) -> Way {
        match *self {
            Breaker::Closed => Way::Pass,
            Breaker::Open { next: at } | Breaker::Trying { until: at } if now < at => Way::Wait(seconds(at - now)),
            Breaker::Open { .. } | Breaker::Trying { .. } => {
                *self = Breaker::Trying { until: now + every };
                Way::Try
            }
        }
    }

    /// What became of a request that was passed on. One that failed opens it; it takes a try that went well to close it.
    /// After a try that says nothing the next request is one; while one may still be answered, the next is when it was to be.
    pub fn told(&mut self, way: Way, came: Came, now: DateTime<Utc>, every: TimeDelta) {
        *self = match (way, came, *self) {
            (_, Came::Ill, _) => Breaker::Open { next: now + every },
            (Way::Try, Came::Well, _) => Breaker::Closed,
            (Way::Try, Came::Nothing, Breaker::Trying { .. }) => Breaker::Open { next: now },
            (_, Came::Well | Came::Late | Came::Nothing, was) => was,
        };
    }
}

/// In whole seconds, rounded up, at least one.
fn seconds(wait: TimeDelta) -> u32 {
    u32::try_from(wait.num_milliseconds().max(1).unsigned_abs().div_ceil(1000)).unwrap_or(u32::MAX)
}
