//! Which cause is told, and how likely it is among all that fit. Pure.

use crate::retrieve::Hit;

/// Another cause is told, too, when it is at least so likely as a share of the likeliest.
const AS_LIKELY: f64 = 0.5;
/// How many others are told.
const OTHERS: usize = 3;

/// What is told to be the cause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cause {
    /// The likeliest, and others that fit almost as well.
    pub(crate) text: String,
    /// How likely the first is among all causes that fit: 0 to 1.
    pub(crate) share: f64,
}

/// The cause of the best hit, weighed against those of all hits that are sure. The score is the exponent by which the ranking was
/// fitted to draw a right document, so its share is what that fit says about the document; what was seen may not tell
/// documents about one fault apart, and then no cause is told as if it were known.
pub(crate) fn told(best: &Hit, sure: &[&Hit]) -> Cause {
    let most = sure.iter().map(|hit| hit.score).fold(best.score, f64::max);
    let mut causes: Vec<(&Hit, f64)> = Vec::new();
    for hit in sure {
        let weight = (hit.score - most).exp();
        // Lessons repeat the cause of the document that they come from.
        match causes.iter_mut().find(|(first, _)| first.document.root_cause == hit.document.root_cause) {
            Some((_, sum)) => *sum += weight,
            None => causes.push((hit, weight)),
        }
    }
    let all: f64 = causes.iter().map(|(_, weight)| weight).sum();
    let is_best = |hit: &Hit| hit.document.root_cause == best.document.root_cause;
    let own = causes.iter().find(|(hit, _)| is_best(hit)).map_or(1.0, |(_, weight)| *weight);
    let others = causes.iter().filter(|(hit, weight)| !is_best(hit) && *weight >= own * AS_LIKELY);
    let others: Vec<&str> = others.map(|(hit, _)| hit.document.title.as_str()).take(OTHERS).collect();
    let mut text = best.document.root_cause.clone();
    if !others.is_empty() {
        text += &format!(" What was seen fits other known causes almost as well: {}.", others.join("; "));
    }
    Cause { text, share: if all > 0.0 { own / all } else { 1.0 } }
}
