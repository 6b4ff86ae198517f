//! Fitting: logistic regression by Newton's method for the score, Platt's scaling of the best hits for the confidence, and the
//! confidence below which it is better to say nothing.

use super::engine::{Engine, Observed};
use super::measure::{Answer, answer};
use crate::calibration::{FEATURES, Fit, sigmoid, trusted};

/// Keeps the weights of the order small where the queries do not tell.
const RIDGE: f64 = 0.3;
/// The same for what makes a hit sure; so little that the fault code, which is a fact, may weigh as much as it does.
const TRUST_RIDGE: f64 = 0.03;
/// How many steps the weights of the ranking are moved.
const STEPS: i32 = 600;
/// How far a step goes.
const RATE: f64 = 0.05;
/// How many steps of Newton's method are taken at most.
const NEWTON: usize = 50;
/// The numbers and the constant.
const N: usize = FEATURES + 1;
/// What share of the answers that are given shall be right at least.
const WANTED: f64 = 0.9;

/// Fits an engine to queries.
pub fn fit(engine: Engine, observed: &[&Observed]) -> Fit {
    let weights = ranking(engine, observed);
    let mut fit = Fit { weights, trust: [0.0; FEATURES], offset: 0.0, min_confidence: 0.5 };
    let answers: Vec<Answer> = observed.iter().map(|observed| answer(engine, &fit, observed)).collect();
    let best = answers.iter().filter_map(|answer| answer.hits.first());
    let samples: Vec<([f64; N], bool)> = best.map(|hit| (with_one(&trusted(&hit.numbers)), hit.is_right)).collect();
    let [trust @ .., offset] = trusting(samples);
    (fit.trust, fit.offset) = (trust, offset);
    let answers: Vec<Answer> = observed.iter().map(|observed| answer(engine, &fit, observed)).collect();
    fit.min_confidence = threshold(&answers);
    fit
}

/// A regression in which likeness never speaks against a document: what would is left out.
fn trusting(mut samples: Vec<([f64; N], bool)>) -> [f64; N] {
    loop {
        let mut found = logistic(&samples, TRUST_RIDGE).into_iter();
        let found: [f64; N] = std::array::from_fn(|_| found.next().unwrap_or_default());
        let Some(least) =
            (0..FEATURES).filter(|at| found.get(*at).is_some_and(|trust| *trust < -1e-9)).min_by(|a, b| {
                let of = |at: &usize| found.get(*at).copied().unwrap_or_default();
                of(a).total_cmp(&of(b))
            })
        else {
            return found;
        };
        samples.iter_mut().filter_map(|(numbers, _)| numbers.get_mut(least)).for_each(|number| *number = 0.0);
    }
}

fn with_one(numbers: &[f64; FEATURES]) -> [f64; N] {
    let mut all = numbers.iter().copied().chain([1.0]);
    std::array::from_fn(|_| all.next().unwrap_or_default())
}

/// The weights that make it most likely to draw a right document, when each is drawn by its share of e^sum: what comes first matters,
/// and a query with many right documents counts as one.
fn ranking(engine: Engine, observed: &[&Observed]) -> [f64; FEATURES] {
    let mut weights = [0.0; FEATURES];
    let known = observed.iter().filter(|observed| !observed.query.relevant.is_empty());
    let queries: Vec<Vec<([f64; FEATURES], bool)>> = known
        .map(|observed| {
            engine.numbers(observed).into_iter().map(|(candidate, numbers)| (numbers, candidate.is_right)).collect()
        })
        .collect();
    let (mut first, mut second) = ([0.0; FEATURES], [0.0; FEATURES]);
    for step in 1..=STEPS {
        let mut gradient = weights.map(|weight| -RIDGE * weight);
        for candidates in &queries {
            add_gradient(&weights, candidates, &mut gradient);
        }
        // Adam: the features differ in size.
        for (((weight, slope), first), second) in weights.iter_mut().zip(gradient).zip(&mut first).zip(&mut second) {
            *first = 0.9 * *first + 0.1 * slope;
            *second = 0.999 * *second + 0.001 * slope * slope;
            let (mean, square) = (*first / (1.0 - 0.9_f64.powi(step)), *second / (1.0 - 0.999_f64.powi(step)));
            // Likeness never speaks against a document.
            *weight = (*weight + RATE * mean / (square.sqrt() + 1e-9)).max(0.0);
        }
    }
    weights
}

fn add_gradient(weights: &[f64; FEATURES], candidates: &[([f64; FEATURES], bool)], gradient: &mut [f64; FEATURES]) {
    let sum = |numbers: &[f64; FEATURES]| weights.iter().zip(numbers).map(|(w, x)| w * x).sum::<f64>();
    let most = candidates.iter().map(|(numbers, _)| sum(numbers)).fold(f64::MIN, f64::max);
    let share = |numbers: &[f64; FEATURES]| (sum(numbers) - most).exp();
    let all: f64 = candidates.iter().map(|(numbers, _)| share(numbers)).sum();
    let right: f64 = candidates.iter().filter(|(_, is_right)| *is_right).map(|(numbers, _)| share(numbers)).sum();
    if right <= 0.0 {
        return;
    }
    for (numbers, is_right) in candidates {
        let pull = share(numbers) * (if *is_right { 1.0 / right } else { 0.0 } - 1.0 / all);
        gradient.iter_mut().zip(numbers).for_each(|(slope, x)| *slope += pull * x);
    }
}

/// The lowest confidence from which on the best hits are right often enough; rounded, since more digits would tell nothing.
fn threshold(answers: &[Answer]) -> f64 {
    let best = answers.iter().filter_map(|answer| answer.hits.first());
    let mut best: Vec<(f64, bool)> = best.map(|hit| (hit.confidence, hit.is_right)).collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut lowest) = (0.0, 1.0_f64);
    for (n, (confidence, is_right)) in best.iter().enumerate() {
        right += if *is_right { 1.0 } else { 0.0 };
        if right / (n as f64 + 1.0) >= WANTED {
            lowest = *confidence;
        }
    }
    // Between two answers nothing is known: a little below the last right one.
    ((lowest - 0.005) * 100.0).floor().clamp(5.0, 95.0) / 100.0
}

/// Weights that make the samples most likely, with a penalty on their squares (but not on the last one's, the constant's).
pub fn logistic<const M: usize>(samples: &[([f64; M], bool)], ridge: f64) -> Vec<f64> {
    let mut weights = vec![0.0; M];
    for _ in 0..NEWTON {
        let (mut gradient, mut curve) = (vec![0.0; M], vec![vec![0.0; M]; M]);
        for (numbers, is_right) in samples {
            let likely = sigmoid(numbers.iter().zip(&weights).map(|(x, w)| x * w).sum());
            let off = if *is_right { 1.0 } else { 0.0 } - likely;
            for ((x, slope), row) in numbers.iter().zip(&mut gradient).zip(&mut curve) {
                *slope += off * x;
                row.iter_mut().zip(numbers).for_each(|(cell, y)| *cell += likely * (1.0 - likely) * x * y);
            }
        }
        for (at, ((slope, row), weight)) in gradient.iter_mut().zip(&mut curve).zip(&weights).enumerate() {
            let penalty = if at + 1 < M { ridge } else { 1e-6 };
            *slope -= penalty * weight;
            if let Some(cell) = row.get_mut(at) {
                *cell += penalty;
            }
        }
        let step = solve(curve, gradient);
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += step.clamp(-2.0, 2.0));
        if step.iter().all(|step| step.abs() < 1e-9) {
            break;
        }
    }
    weights
}

/// Solves a positive system by elimination.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for at in 0..n {
        let (above, below) = matrix.split_at_mut(at + 1);
        let (solved, rest) = right.split_at_mut(at + 1);
        let (Some(pivot), Some(value)) = (above.last(), solved.last()) else { continue };
        let head = pivot.get(at).copied().unwrap_or(1.0);
        for (row, value_of_row) in below.iter_mut().zip(rest) {
            let times = row.get(at).copied().unwrap_or_default() / head;
            row.iter_mut().zip(pivot).for_each(|(cell, above)| *cell -= times * above);
            *value_of_row -= times * value;
        }
    }
    let mut found = vec![0.0; n];
    for (at, (row, value)) in matrix.iter().zip(&right).enumerate().rev() {
        let known: f64 = row.iter().zip(&found).skip(at + 1).map(|(cell, x)| cell * x).sum();
        if let (Some(x), Some(head)) = (found.get_mut(at), row.get(at)) {
            *x = (value - known) / head;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let found = solve(vec![vec![4.0, 1.0, 0.0], vec![1.0, 3.0, -1.0], vec![0.0, -1.0, 2.0]], vec![6.0, 4.0, 4.0]);
        for (x, wanted) in found.iter().zip([1.0, 2.0, 3.0]) {
            assert!((x - wanted).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn a_regression_finds_the_odds_of_its_samples() {
        // Of those with a mark three in four are right, of those without one in four: log odds of ±ln 3.
        let sample = |marked: f64, right: usize| (0..4).map(move |n| ([marked, 1.0], n < right)).collect::<Vec<_>>();
        let samples = [sample(1.0, 3), sample(0.0, 1)].concat();
        let found = logistic(&samples, 0.0);
        assert!((found[1] + 3.0_f64.ln()).abs() < 1e-4 && (found[0] - 2.0 * 3.0_f64.ln()).abs() < 1e-4, "{found:?}");
    }
}
