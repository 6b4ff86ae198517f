//! `rag-gateway`: plans and lessons.

use chassis::calls::{CallError, Callee};
use reqwest::Method;
use wire::paths;
use wire::plan::{Learned, Lesson, Plan, PlanRequest};

/// The client.
#[derive(Debug, Clone)]
pub struct RagGateway {
    callee: Callee,
}

impl RagGateway {
    /// Over a callee.
    pub fn new(callee: Callee) -> Self {
        Self { callee }
    }

    /// Asks what to do. Changes nothing.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn plan(&self, request: &PlanRequest) -> Result<Plan, CallError> {
        self.callee.call(Method::POST, paths::PLANS, Some(request)).await
    }

    /// Tells how a recovery ended. Safe to repeat: one lesson an incident.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn learn(&self, lesson: &Lesson) -> Result<Learned, CallError> {
        let path = format!("{}/{}", paths::LESSONS, lesson.incident);
        self.callee.call(Method::PUT, &path, Some(lesson)).await
    }
}
