//! What is searched for, and what is found.

use crate::calibration::Features;
use crate::document::Document;
use crate::passages::gist;
use std::sync::Arc;
use wire::FaultCode;
use wire::knowledge::SearchRequest;
use wire::plan::{Neighbour, PlanRequest};

/// The longest text that is searched for, bytes; log lines repeat themselves.
const MAX_QUERY: usize = 8 * 1024;

/// The longest text whose meaning is computed, bytes: a recovery waits for it, and what happened is said first.
const MAX_GIST: usize = 256;

/// A symptom, as it is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The fault, if it is known.
    pub code: Option<FaultCode>,
    /// What was seen, without the code.
    pub seen: String,
}

impl Query {
    /// A query of a text.
    pub fn new(code: Option<FaultCode>, mut seen: String) -> Self {
        seen.truncate(seen.floor_char_boundary(MAX_QUERY));
        Self { code, seen }
    }

    /// The query of a request for a plan.
    pub fn of(request: &PlanRequest) -> Self {
        let texts = [&request.message].into_iter().chain(&request.reason).chain(&request.context);
        let texts: Vec<&str> = texts.map(String::as_str).collect();
        Self::new(Some(request.code.clone()), texts.join("\n"))
    }

    /// The query of a request for a search.
    pub fn of_search(request: &SearchRequest) -> Self {
        Self::new(request.code.clone(), request.query.clone())
    }

    /// What it means in short; of a code alone, the code's words.
    pub fn gist(&self) -> String {
        let seen = gist(&self.seen);
        let mut gist = if seen.is_empty() { gist(self.code.as_ref().map_or("", FaultCode::as_str)) } else { seen };
        gist.truncate(gist.floor_char_boundary(MAX_GIST));
        gist
    }

    /// Its whole text.
    pub fn text(&self) -> String {
        match &self.code {
            Some(code) => format!("{code}\n{}", self.seen),
            None => self.seen.clone(),
        }
    }
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Which.
    pub document: Arc<Document>,
    /// What hits are ordered by, words and meaning fused.
    pub score: f64,
    /// How sure it is that the document is about the query: 0 to 1.
    pub confidence: f64,
    /// What that is made from.
    pub features: Features,
}

impl Hit {
    /// As it is answered.
    pub fn neighbour(&self) -> Neighbour {
        Neighbour {
            document: self.document.id.clone(),
            title: self.document.title.clone(),
            score: round(self.score),
            confidence: Some(round(self.confidence)),
            lexical: Some(round(self.features.words.of_query.max(self.features.words.of_document))),
            semantic: self.features.meaning.map(round),
        }
    }
}

/// Four places tell all there is to tell.
pub fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
