//! The engines that are compared: which features each may use, or how it ranks.

use super::labelled::Labelled;
use crate::calibration::{FEATURES, Features};
use crate::index::Index;
use crate::retrieve::Query;

/// The engine by words alone, as it serves without a model.
pub const LEXICAL: &str = "lexical";
/// The engine that serves with a model.
pub const FUSED: &str = "fused";
/// Fusion by rank: the customary constant.
const RANK: f64 = 60.0;

/// One engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Engine {
    /// For people.
    pub name: &'static str,
    /// Which of the features it may use.
    pub uses: [bool; FEATURES],
    /// Whether it needs a model.
    pub needs_meaning: bool,
    /// Whether it fuses ranks in place of features.
    pub by_rank: bool,
}

/// The features of [`Features::numbers`]: BM25, share of the query, share of the document, evidence, meaning, code, marker.
pub const ENGINES: [Engine; 5] = [
    Engine {
        name: "BM25 alone",
        uses: [true, false, false, false, false, true, true],
        needs_meaning: false,
        by_rank: false,
    },
    Engine {
        name: "MiniLM alone",
        uses: [false, false, false, false, true, true, true],
        needs_meaning: true,
        by_rank: false,
    },
    Engine {
        name: "by rank",
        uses: [true, false, false, false, false, true, true],
        needs_meaning: true,
        by_rank: true,
    },
    Engine { name: LEXICAL, uses: [true, true, true, true, false, true, true], needs_meaning: false, by_rank: false },
    Engine { name: FUSED, uses: [true; FEATURES], needs_meaning: true, by_rank: false },
];

/// A query with what the index finds for it.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The query.
    pub query: Labelled,
    /// The candidates by words alone.
    pub by_words: Vec<Candidate>,
    /// The candidates with meaning; none without a model.
    pub with_meaning: Option<Vec<Candidate>>,
}

/// A document near a query.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its id.
    pub document: String,
    /// Whether it is about the query.
    pub is_right: bool,
    /// How much it is like it.
    pub features: Features,
}

/// What the index finds for a query.
pub fn observe(index: &Index, query: &Labelled, vector: Option<&[f32]>) -> Observed {
    let asked = Query::new(query.code.clone(), query.query.clone());
    let find = |vector: Option<&[f32]>| -> Vec<Candidate> {
        let candidate = |hit: crate::retrieve::Hit| Candidate {
            is_right: query.relevant.contains(&hit.document.id),
            document: hit.document.id.clone(),
            features: hit.features,
        };
        index.search(&asked, vector, usize::MAX).into_iter().map(candidate).collect()
    };
    Observed { query: query.clone(), by_words: find(None), with_meaning: vector.map(|vector| find(Some(vector))) }
}

impl Engine {
    /// Each candidate with the numbers that this engine may use.
    pub fn numbers<'a>(&self, observed: &'a Observed) -> Vec<(&'a Candidate, [f64; FEATURES])> {
        let with_meaning = observed.with_meaning.as_ref().filter(|_| self.needs_meaning);
        let candidates = with_meaning.unwrap_or(&observed.by_words);
        let ranks = if self.by_rank { fused_ranks(candidates) } else { Vec::new() };
        let numbers = candidates.iter().enumerate().map(|(at, candidate)| {
            let mut numbers = candidate.features.numbers();
            if let (Some(rank), Some(first)) = (ranks.get(at), numbers.first_mut()) {
                *first = *rank;
            }
            numbers.iter_mut().zip(self.uses).filter(|(_, uses)| !uses).for_each(|(number, _)| *number = 0.0);
            (candidate, numbers)
        });
        numbers.collect()
    }
}

/// Reciprocal ranks by words and by meaning, added; the best of both has the value one.
fn fused_ranks(candidates: &[Candidate]) -> Vec<f64> {
    let by = |value: &dyn Fn(&Candidate) -> f64| -> Vec<f64> {
        let values: Vec<f64> = candidates.iter().map(value).collect();
        let rank = |value: &f64| values.iter().filter(|other| *other > value).count() as f64;
        values.iter().map(|value| RANK / (RANK + rank(value)) / 2.0).collect()
    };
    let words = by(&|candidate| candidate.features.words.score);
    let meaning = by(&|candidate| candidate.features.meaning.unwrap_or(-1.0));
    words.iter().zip(meaning).map(|(words, meaning)| words + meaning).collect()
}
