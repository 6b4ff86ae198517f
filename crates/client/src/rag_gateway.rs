//! `rag-gateway`: plans and lessons.

use chassis::calls::{CallError, Callee};
use reqwest::Method;
use wire::knowledge::{Document, DocumentPage, KnowledgeStatus, SearchAnswer, SearchRequest, SeedRequest, Seeded};
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

    /// What is known, `limit` documents at most.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn documents(&self, limit: usize) -> Result<DocumentPage, CallError> {
        let path = format!("{}?limit={limit}", paths::DOCUMENTS);
        self.callee.call(Method::GET, &path, None::<&()>).await
    }

    /// One document, whole.
    ///
    /// # Errors
    /// See [`CallError`]; 404 when the id is not known.
    pub async fn document(&self, id: &str) -> Result<Document, CallError> {
        let path = format!("{}/{id}", paths::DOCUMENTS);
        self.callee.call(Method::GET, &path, None::<&()>).await
    }

    /// Brings the knowledge base up to date. Safe to repeat.
    ///
    /// # Errors
    /// See [`CallError`]; 400 names the document that is not right.
    pub async fn seed(&self, request: &SeedRequest) -> Result<Seeded, CallError> {
        self.callee.call(Method::POST, paths::SEED, Some(request)).await
    }

    /// What is near a text. Changes nothing.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, CallError> {
        self.callee.call(Method::POST, paths::SEARCH, Some(request)).await
    }

    /// Which halves of the search serve, and why one does not.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn status(&self) -> Result<KnowledgeStatus, CallError> {
        self.callee.call(Method::GET, paths::STATUS, None::<&()>).await
    }
}
