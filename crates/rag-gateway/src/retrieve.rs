//! Retrieval as it is wanted: the documents near a symptom, each with an honest confidence.

use crate::document::Document;
use std::sync::Arc;
use wire::FaultCode;
use wire::plan::PlanRequest;

/// The longest text that is searched for, bytes; log lines repeat themselves.
const MAX_QUERY: usize = 8 * 1024;

/// A symptom, as the engines search for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The fault.
    pub code: FaultCode,
    /// What was seen, without the code.
    pub seen: String,
}

impl Query {
    /// The query of a request.
    pub fn of(request: &PlanRequest) -> Self {
        let mut seen = request.message.clone();
        for text in request.reason.iter().chain(&request.context) {
            seen.push('\n');
            seen.push_str(text);
        }
        seen.truncate(seen.floor_char_boundary(MAX_QUERY));
        Self { code: request.code.clone(), seen }
    }

    /// Its whole text.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.code, self.seen)
    }
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which.
    pub document: Arc<Document>,
    /// The engine's raw score.
    pub score: f64,
    /// How sure it is that the document is about the symptom: 0 to 1.
    pub confidence: f64,
}

/// Finds documents near a symptom.
pub trait Retrieve {
    /// The engine's name.
    fn engine(&self) -> &'static str;

    /// The documents near a query, the surest first. The same query on the same documents finds the same.
    fn retrieve(&self, query: &Query) -> Vec<Hit>;
}
