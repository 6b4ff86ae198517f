//! `incident-store`: failed calls that are handed over to it.

use chassis::calls::{CallError, Callee};
use reqwest::Method;
use std::time::Duration;
use wire::handover::{HandOver, Handover, HandoverId};
use wire::paths;

/// The client.
#[derive(Debug, Clone)]
pub struct Handovers {
    callee: Callee,
}

impl Handovers {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { callee }
    }

    /// Hands a failed call over. Safe to repeat: the same target and key is the same hand-over.
    ///
    /// # Errors
    /// `handover_not_taken`, `unknown_target`, `key_conflict`, `too_many`.
    pub async fn hand_over(&self, call: &HandOver) -> Result<Handover, CallError> {
        self.callee.call(Method::POST, paths::OPERATIONS, Some(call)).await
    }

    /// One as it stands, with everything that was told.
    ///
    /// # Errors
    /// 404 when there is none of this caller's.
    pub async fn read(&self, id: HandoverId) -> Result<Handover, CallError> {
        self.callee.call(Method::GET, &format!("{}/{id}", paths::OPERATIONS), None::<&()>).await
    }

    /// One with what was told after a place; waits until there is more, or it is answered, or the time is over.
    ///
    /// # Errors
    /// 404 when there is none of this caller's.
    pub async fn follow(&self, id: HandoverId, after: u32, wait: Duration) -> Result<Handover, CallError> {
        let path = format!("{}/{id}?after={after}&wait_ms={}", paths::OPERATIONS, wait.as_millis());
        let answer = self.callee.once(Method::GET, &path, None::<&()>, wait).await?;
        let service = wire::Service::IncidentStore;
        answer.ok_or(CallError::Malformed { callee: service, what: path, source: None })
    }
}
