//! How a service is asked that may be slow, wrong or away: validated answers, retries within one deadline, a circuit
//! breaker, and the last good value when nothing else is left.
//!
//! A replay is treated like any request: it obeys the breaker and its outcome counts. A verdict on a call that nobody else
//! makes would prove nothing, replays are few, and what they observe of the upstream is as true as what others observe.

pub(crate) mod breaker;
mod retry;
mod shared;
pub(crate) mod state;

use crate::resilience::breaker::{Admission, Millis};
use crate::resilience::shared::Shared;
use crate::resilience::state::State;
use futures_util::future::BoxFuture;
use std::fmt::Debug;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Tells the time.
pub(crate) type Clock = Box<dyn Fn() -> Millis + Send + Sync>;

/// The stack around one upstream, shared by all workers.
pub(crate) struct Resilience {
    shared: Shared,
    clock: Clock,
}

/// A value, and its age if it is not fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    /// The value.
    pub(crate) value: i64,
    /// None if the upstream has just answered it.
    pub(crate) age: Option<Millis>,
}

/// Neither the upstream nor the past has an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away {
    /// When it is worth asking again.
    pub(crate) retry_after: Millis,
}

/// What the stack wants to know of a failed attempt.
pub(crate) trait Trouble: Debug + Send + Sync {
    /// Whether it may pass by itself: a timeout, a broken connection, the upstream's own error.
    fn may_pass(&self) -> bool;
}

impl Resilience {
    /// The stack with its state in this process and, where one is given, in Redis under `key`.
    pub(crate) fn new(redis: Option<redis::Client>, key: String, clock: Clock) -> Self {
        Self { shared: Shared::new(redis, key), clock }
    }

    /// Gets the value of `path` with `attempt`, which is told how long it may take and validates what it gets.
    pub(crate) async fn call<'a, E: Trouble>(
        &self,
        path: &str,
        asked: Duration,
        attempt: &(dyn Fn(Duration) -> BoxFuture<'a, Result<i64, E>> + Sync),
    ) -> Result<Value, Away> {
        // Attempts and pauses keep the deadline by themselves; this holds whatever else takes time.
        match timeout(retry::DEADLINE, self.attempts(path, asked, attempt)).await {
            Ok(Some(value)) => Ok(Value { value, age: None }),
            Ok(None) | Err(_) => self.fall_back(path).await,
        }
    }

    async fn attempts<'a, E: Trouble>(
        &self,
        path: &str,
        asked: Duration,
        attempt: &(dyn Fn(Duration) -> BoxFuture<'a, Result<i64, E>> + Sync),
    ) -> Option<i64> {
        let started = Instant::now();
        for retries in 0.. {
            let admission = self.shared.update(|state| state.admit((self.clock)())).await;
            if let Admission::Refused(_) = admission {
                return None;
            }
            let limit = retry::attempt_limit(started.elapsed(), asked);
            let outcome = attempt(limit).await;
            let value = outcome.as_ref().ok().copied();
            self.shared.update(|state| (state.record((self.clock)(), admission, path, value), ())).await;
            match outcome {
                Ok(value) => return Some(value),
                // The one trial is one call.
                Err(trouble) if trouble.may_pass() && admission == Admission::Call => {
                    sleep(retry::pause(retries, started.elapsed())?).await;
                }
                Err(_) => return None,
            }
        }
        None
    }

    async fn fall_back(&self, path: &str) -> Result<Value, Away> {
        let (state, now) = self.state().await;
        match (state.last_good(path, now), state.breaker.admit(now).1) {
            (Some((value, age)), _) => Ok(Value { value, age: Some(age) }),
            (None, Admission::Refused(wait)) => Err(Away { retry_after: wait }),
            (None, Admission::Call | Admission::Trial(_)) => Err(Away { retry_after: 0 }),
        }
    }

    /// The record and the time that it is to be read by.
    pub(crate) async fn state(&self) -> (State, Millis) {
        (self.shared.read().await, (self.clock)())
    }

    /// Who shares the record, in words.
    pub(crate) fn shared_with(&self) -> &'static str {
        self.shared.with()
    }
}
