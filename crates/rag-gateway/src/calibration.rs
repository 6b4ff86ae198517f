//! From how much a document is like a query to how sure it is that it is about it. Pure.
//!
//! The numbers are fitted to labelled queries by `cargo run -p rag-gateway --example quality -- --write` and committed beside the
//! crate's manifest; a test says when they are out of date.

use crate::index::Words;
use serde::{Deserialize, Serialize};

/// The committed numbers.
const COMMITTED: &str = include_str!("../calibration.toml");
/// How many features there are.
pub const FEATURES: usize = 7;

/// Where [`Features::numbers`] tells the meaning.
const MEANING: usize = 4;
/// Where [`Features::numbers`] says that the document names the fault code.
const SAME_FAULT: usize = 5;
/// More than all other features together.
const FIRST: f64 = 100.0;

/// How much a document is like a query.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Features {
    /// By words.
    pub words: Words,
    /// By meaning: the cosine of the nearest passage; none without a model.
    pub meaning: Option<f64>,
    /// The document names the query's fault code.
    pub same_fault: bool,
    /// A marker of the document stands in what was seen.
    pub marked: bool,
}

impl Features {
    /// As numbers of about the same size.
    pub fn numbers(&self) -> [f64; FEATURES] {
        let Words { score, of_query, of_document, common } = self.words;
        let meaning = self.meaning.unwrap_or_default();
        let yes = |is: bool| if is { 1.0 } else { 0.0 };
        // Few terms in common are little evidence: two count as half of arbitrarily many.
        [score.ln_1p(), of_query, of_document, common / (common + 2.0), meaning, yes(self.same_fault), yes(self.marked)]
    }
}

/// The calibration, for answers with meaning and for those by words alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// By words alone.
    pub lexical: Fit,
    /// By words and meaning.
    pub fused: Fit,
}

/// One fit: weights that make the order, and what makes it sure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// In the order of [`Features::numbers`].
    pub weights: [f64; FEATURES],
    /// What each feature adds to the log odds that a best hit is right.
    pub trust: [f64; FEATURES],
    /// The log odds without any.
    pub offset: f64,
    /// Below this confidence of the best hit nothing that is known fits.
    pub min_confidence: f64,
}

impl Calibration {
    /// The committed one.
    ///
    /// # Errors
    /// When the committed text is none; a test keeps that from happening.
    pub fn committed() -> Result<Self, toml::de::Error> {
        toml::from_str(COMMITTED)
    }

    /// Score and confidence.
    pub fn of(&self, features: &Features) -> (f64, f64) {
        let fit = if features.meaning.is_some() { &self.fused } else { &self.lexical };
        let numbers = features.numbers();
        (fit.sum(&numbers), fit.confidence(&numbers))
    }

    /// Below what confidence nothing fits.
    pub fn min_confidence(&self, with_meaning: bool) -> f64 {
        if with_meaning { self.fused.min_confidence } else { self.lexical.min_confidence }
    }
}

impl Fit {
    /// What documents are ordered by: the weighted sum, but those that name the fault code come first, since that is a fact.
    pub fn sum(&self, numbers: &[f64; FEATURES]) -> f64 {
        let sum: f64 = self.weights.iter().zip(numbers).map(|(weight, number)| weight * number).sum();
        sum + numbers.get(SAME_FAULT).map_or(0.0, |same| same * FIRST)
    }

    /// How sure it is that a document with these numbers is about the query.
    pub fn confidence(&self, numbers: &[f64; FEATURES]) -> f64 {
        let odds: f64 = self.trust.iter().zip(trusted(numbers)).map(|(trust, number)| trust * number).sum();
        sigmoid(odds + self.offset)
    }
}

/// The numbers that make a hit sure. The fault code is a fact, which a vague text does not weaken: then the meaning says only which
/// of the documents about that fault is nearest.
pub fn trusted(numbers: &[f64; FEATURES]) -> [f64; FEATURES] {
    let mut trusted = *numbers;
    if trusted.get(SAME_FAULT).is_some_and(|same| *same > 0.0)
        && let Some(meaning) = trusted.get_mut(MEANING)
    {
        *meaning = 0.0;
    }
    trusted
}

/// From a logit to a probability.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
