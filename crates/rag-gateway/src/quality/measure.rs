//! What is right of what was found.

use super::engine::{Engine, Observed};
use crate::calibration::{FEATURES, Fit};

/// How many ranges of confidence the reliability table has.
const RANGES: usize = 5;

/// What an engine answers to a query.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The documents, the surest first.
    pub hits: Vec<Scored>,
    /// Whether something that is known fits, whether it was found or not.
    pub is_known: bool,
    /// Whether the engine keeps silent.
    pub abstains: bool,
}

/// One hit.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The document.
    pub document: String,
    /// What it is judged by.
    pub numbers: [f64; FEATURES],
    /// The weighted sum.
    pub sum: f64,
    /// The calibrated confidence.
    pub confidence: f64,
    /// Whether it is about the query.
    pub is_right: bool,
}

/// What an engine answers by a fit.
pub fn answer(engine: Engine, fit: &Fit, observed: &Observed) -> Answer {
    let scored = engine.numbers(observed).into_iter().map(|(candidate, numbers)| {
        let sum = fit.sum(&numbers);
        let (document, is_right) = (candidate.document.clone(), candidate.is_right);
        Scored { document, numbers, sum, confidence: fit.confidence(&numbers), is_right }
    });
    let mut hits: Vec<Scored> = scored.collect();
    hits.sort_by(|a, b| b.sum.total_cmp(&a.sum).then_with(|| a.document.cmp(&b.document)));
    let abstains = hits.first().is_none_or(|best| best.confidence < fit.min_confidence);
    Answer { hits, is_known: !observed.query.relevant.is_empty(), abstains }
}

/// The figures of some answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Queries that something known fits.
    pub known: usize,
    /// Queries that nothing known fits.
    pub unknown: usize,
    /// The share of the first with a right document in the first place.
    pub recall_at_1: f64,
    /// … among the first three.
    pub recall_at_3: f64,
    /// The mean of one over the first right document's place.
    pub mrr: f64,
    /// The share of silences that are right.
    pub abstention_precision: f64,
    /// The share of the queries that nothing fits on which it keeps silent.
    pub abstention_recall: f64,
    /// The share of the answers that are given whose first document is right.
    pub answer_precision: f64,
    /// The share of the queries that something fits which get a right first document.
    pub answered: f64,
}

/// The figures of some answers.
pub fn figures<'a>(answers: impl Iterator<Item = &'a Answer> + Clone) -> Figures {
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let count = |wanted: &dyn Fn(&Answer) -> bool| answers.clone().filter(|answer| wanted(answer)).count();
    let place = |answer: &Answer| answer.hits.iter().position(|hit| hit.is_right);
    let (known, unknown) = (count(&|answer| answer.is_known), count(&|answer| !answer.is_known));
    let ranks = answers.clone().filter(|answer| answer.is_known).filter_map(place);
    let right = |answer: &Answer| !answer.abstains && place(answer) == Some(0);
    Figures {
        known,
        unknown,
        recall_at_1: share(count(&|answer| place(answer).is_some_and(|place| place < 1)), known),
        recall_at_3: share(count(&|answer| place(answer).is_some_and(|place| place < 3)), known),
        mrr: if known == 0 { 0.0 } else { ranks.map(|place| 1.0 / (place as f64 + 1.0)).sum::<f64>() / known as f64 },
        abstention_precision: share(
            count(&|answer| answer.abstains && !answer.is_known),
            count(&|answer| answer.abstains),
        ),
        abstention_recall: share(count(&|answer| answer.abstains && !answer.is_known), unknown),
        answer_precision: share(count(&right), count(&|answer| !answer.abstains)),
        answered: share(count(&right), known),
    }
}

/// One range of confidence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Range {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// How many best hits have such a confidence.
    pub n: usize,
    /// Their mean confidence.
    pub said: f64,
    /// How many of them are right.
    pub right: usize,
}

/// The reliability of the best hits' confidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// By range.
    pub ranges: Vec<Range>,
    /// The mean square of what confidence is off from right (one) or wrong (nought).
    pub brier: f64,
    /// By how much the ranges' mean confidence is off from the share that is right, weighted by how many there are.
    pub off: f64,
}

/// The reliability of the best hits' confidence.
pub fn reliability<'a>(answers: impl Iterator<Item = &'a Answer>) -> Reliability {
    let best: Vec<&Scored> = answers.filter_map(|answer| answer.hits.first()).collect();
    let range = |at: usize| {
        let (from, to) = (at as f64 / RANGES as f64, (at + 1) as f64 / RANGES as f64);
        let last = at + 1 == RANGES;
        let within = |hit: &&&Scored| hit.confidence >= from && (hit.confidence < to || last);
        let inside: Vec<&&Scored> = best.iter().filter(within).collect();
        let said = inside.iter().map(|hit| hit.confidence).sum::<f64>() / inside.len().max(1) as f64;
        Range { from, to, n: inside.len(), said, right: inside.iter().filter(|hit| hit.is_right).count() }
    };
    let ranges: Vec<Range> = (0..RANGES).map(range).collect();
    let all = best.len().max(1) as f64;
    let square = |hit: &&Scored| (hit.confidence - if hit.is_right { 1.0 } else { 0.0 }).powi(2);
    let off = |range: &Range| (range.said * range.n as f64 - range.right as f64).abs();
    Reliability {
        brier: best.iter().map(square).sum::<f64>() / all,
        off: ranges.iter().map(off).sum::<f64>() / all,
        ranges,
    }
}
