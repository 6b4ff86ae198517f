//! The asking side of the operations protocol: ask, wait, ask again after a crash of the other side.

use chassis::calls::{CallError, Callee};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use wire::operation::{Operation, State};
use wire::span::Progress;
use wire::{OperationKey, Problem, paths};

/// How long one waiting `GET` asks the other side to hold it.
const HOLD: Duration = Duration::from_secs(20);
/// The pause before asking a service again that did not answer.
const PAUSE: Duration = Duration::from_millis(100);

/// Why an effect came to no outcome.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    /// A call failed for good.
    #[error("the operation {key} could not be asked for")]
    Call {
        /// Which.
        key: OperationKey,
        /// Why.
        #[source]
        source: CallError,
    },
    /// It ran and failed.
    #[error("the operation {key} failed: {problem}")]
    Failed {
        /// Which.
        key: OperationKey,
        /// Its own words.
        problem: Problem,
        /// Whether the same may succeed later, under a new key.
        retry: bool,
    },
    /// It did not end within the limit. It may still end.
    #[error("the operation {key} did not end within {limit:?}")]
    TooLong {
        /// Which.
        key: OperationKey,
        /// The limit.
        limit: Duration,
    },
}

impl EffectError {
    /// As a problem, for a journal or a caller.
    pub fn problem(&self) -> Problem {
        match self {
            EffectError::Failed { problem, .. } => problem.clone(),
            EffectError::Call { source: CallError::Refused { problem, .. }, .. } => problem.clone(),
            EffectError::Call { source, .. } => Problem::new("no_answer", source.to_string()),
            EffectError::TooLong { .. } => Problem::new("too_long", self.to_string()),
        }
    }

    /// Whether the same may succeed when it is asked for again under a new key.
    pub fn may_pass(&self) -> bool {
        match self {
            EffectError::Failed { retry, .. } => *retry,
            EffectError::Call { source, .. } => source.may_pass(),
            EffectError::TooLong { .. } => true,
        }
    }
}

/// A service that serves the operations protocol.
#[derive(Debug, Clone)]
pub struct Effects {
    callee: Callee,
}

impl Effects {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { callee }
    }

    /// Begins or finds an operation and waits for its outcome, at most `limit`. A service that does not answer, or has
    /// forgotten the operation, is asked again with the same key. Progress is told as it comes.
    ///
    /// # Errors
    /// See [`EffectError`].
    pub async fn run<T: DeserializeOwned>(
        &self,
        key: &OperationKey,
        task: &impl Serialize,
        limit: Duration,
        tell: Option<&UnboundedSender<Progress>>,
    ) -> Result<T, EffectError> {
        let end = Instant::now() + limit;
        let mut told = 0;
        let mut known = false;
        loop {
            if Instant::now() >= end {
                return Err(EffectError::TooLong { key: key.clone(), limit });
            }
            let answer = if known { self.wait(key, told).await } else { self.ask(key, task).await.map(Some) };
            match answer {
                Ok(Some(operation)) => {
                    known = true;
                    for progress in operation.progress.into_iter().skip(told) {
                        told += 1;
                        tell.and_then(|tell| tell.send(progress).ok());
                    }
                    match operation.state {
                        State::Running => {}
                        State::Done { outcome } => return Ok(outcome),
                        State::Failed { problem, retry } => {
                            return Err(EffectError::Failed { key: key.clone(), problem, retry });
                        }
                    }
                }
                // It has restarted: what it told before is told again, and skipped.
                Ok(None) => known = false,
                Err(error) if error.may_pass() => tokio::time::sleep(PAUSE).await,
                Err(source) => return Err(EffectError::Call { key: key.clone(), source }),
            }
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        key: &OperationKey,
        task: &impl Serialize,
    ) -> Result<Operation<T>, CallError> {
        self.callee.call(Method::PUT, &path(key), Some(task)).await
    }

    /// `None` when the service does not know the operation.
    async fn wait<T: DeserializeOwned>(
        &self,
        key: &OperationKey,
        seen: usize,
    ) -> Result<Option<Operation<T>>, CallError> {
        let path = format!("{}?wait_ms={}&seen={seen}", path(key), HOLD.as_millis());
        match self.callee.once(Method::GET, &path, None::<&()>, HOLD).await {
            Err(error) if error.status() == Some(404) => Ok(None),
            other => other,
        }
    }
}

fn path(key: &OperationKey) -> String {
    format!("{}/{}/{}", paths::OPERATIONS, key.scope, key.step)
}
