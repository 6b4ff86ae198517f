//! What is near a question, by words, by meaning, and by what Backboard nominates.

use crate::backboard::BackboardError;
use crate::gateway::Gateway;
use crate::retrieve::{Hit, Query};
use std::sync::Arc;
use std::time::Duration;

/// How long a question waits for its vector; then words alone answer.
const VECTOR: Duration = Duration::from_secs(2);

/// What was found, and by which halves.
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    pub(crate) engine: String,
    pub(crate) min_confidence: f64,
}

impl Gateway {
    /// The documents nearest to a question, and by which halves they were found.
    pub(crate) async fn find(&self, query: &Query, limit: usize) -> Found {
        let (vector, nominated) = tokio::join!(self.vector_of(query), self.nominated(query));
        let mut engine = engine(vector.is_some()).to_owned();
        let nominated = match nominated {
            None => Vec::new(),
            Some(Ok(nominated)) => {
                engine.push_str("+backboard");
                nominated
            }
            Some(Err(error)) => {
                engine.push_str(&format!(" (without Backboard: {error})"));
                Vec::new()
            }
        };
        let hits = self.read().index.search_among(query, vector.as_deref(), &nominated, limit);
        let min_confidence = self.min_confidence(vector.is_some());
        Found { hits, engine, min_confidence }
    }

    /// What Backboard finds near, where it is asked at all.
    async fn nominated(&self, query: &Query) -> Option<Result<Vec<String>, BackboardError>> {
        Some(self.backboard.as_ref()?.nominate(&query.text()).await)
    }

    pub(crate) async fn vector_of(&self, query: &Query) -> Option<Arc<[f32]>> {
        self.meaning.digest()?;
        let (meaning, text) = (Arc::clone(&self.meaning), query.gist());
        if text.is_empty() {
            return None;
        }
        let made = tokio::task::spawn_blocking(move || meaning.of(&text));
        tokio::time::timeout(VECTOR, made).await.ok()?.ok()?
    }

    pub(crate) fn min_confidence(&self, with_meaning: bool) -> f64 {
        self.calibration.min_confidence(with_meaning).max(self.settings.min_confidence)
    }
}

pub(crate) fn engine(with_meaning: bool) -> &'static str {
    if with_meaning { "lexical+semantic" } else { "lexical" }
}
