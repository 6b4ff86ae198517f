//! What was merged against what is true. Pure.

use super::methods::Merged;
use super::scenario::Scenario;
use crate::gates::interval::wilson;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// So many of so many, with the 95 % interval of the share.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Count {
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Count {
    pub(super) fn add(&mut self, other: Count) {
        self.k += other.k;
        self.n += other.n;
    }

    pub(super) fn finished(self) -> Self {
        let (low, high) = wilson(self.k, self.n);
        Self { low, high, ..self }
    }

    pub(super) fn share(self) -> f64 {
        if self.n == 0 { 1.0 } else { self.k as f64 / self.n as f64 }
    }
}

/// Of one scenario.
#[derive(Debug)]
pub(super) struct Score {
    /// Of the pairs that were merged, how many have one cause.
    pub(super) precision: Count,
    /// Of the pairs that have one cause, how many were merged.
    pub(super) recall: Count,
    /// As many recoveries of the storm as causes, and each of another one.
    pub(super) right_number: bool,
    /// Each cause's own place is where most of its alerts are thought to come from.
    pub(super) right_roots: bool,
    /// How many recoveries the storm's alerts would begin.
    pub(super) recoveries: usize,
}

/// A label and a cause; none is noise.
type Cell = (usize, Option<usize>);

/// Holds one against the other. Noise has no partner: whatever is merged with it is wrong.
pub(super) fn of(scenario: &Scenario, merged: &Merged) -> Score {
    let mut cells: BTreeMap<Cell, usize> = BTreeMap::new();
    for (label, cause) in merged.labels.iter().zip(&scenario.truth) {
        *cells.entry((*label, *cause)).or_default() += 1;
    }
    let sum = |key: fn(&Cell) -> Option<usize>| {
        let mut sums: BTreeMap<usize, usize> = BTreeMap::new();
        for (cell, count) in &cells {
            key(cell).into_iter().for_each(|key| *sums.entry(key).or_default() += count);
        }
        sums.into_values().map(pairs).sum::<usize>()
    };
    let both = cells.iter().filter(|((_, cause), _)| cause.is_some()).map(|(_, count)| pairs(*count)).sum();
    let (together, true_pairs) = (sum(|cell| Some(cell.0)), sum(|cell| cell.1));
    let begun: BTreeSet<usize> = cells.keys().filter(|(_, cause)| cause.is_some()).map(|(label, _)| *label).collect();
    let most = |cause: usize| {
        let of_cause = cells.iter().filter(|((_, other), _)| *other == Some(cause));
        of_cause.max_by_key(|((label, _), count)| (**count, std::cmp::Reverse(*label))).map(|((label, _), _)| *label)
    };
    let chosen: Vec<Option<usize>> = (0..scenario.roots.len()).map(most).collect();
    let apart = chosen.iter().collect::<BTreeSet<_>>().len() == chosen.len();
    let thought = |label: &Option<usize>| label.and_then(|label| merged.roots.get(&label));
    let right_roots = apart
        && chosen
            .iter()
            .zip(&scenario.roots)
            .all(|(label, root)| thought(label).is_some_and(|roots| roots.contains(root)));
    Score {
        precision: Count { k: both, n: together, ..Count::default() },
        recall: Count { k: both, n: true_pairs, ..Count::default() },
        right_number: begun.len() == scenario.roots.len() && apart,
        right_roots,
        recoveries: begun.len(),
    }
}

fn pairs(count: usize) -> usize {
    count * count.saturating_sub(1) / 2
}

/// Over many scenarios.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Tally {
    /// Pooled over pairs.
    pub(super) precision: Count,
    pub(super) recall: Count,
    /// Means over scenarios, each with the half width of its 95 % interval.
    pub(super) mean_precision: (f64, f64),
    pub(super) mean_recall: (f64, f64),
    pub(super) right_number: Count,
    pub(super) right_roots: Count,
    /// How many recoveries there would be, on average.
    pub(super) recoveries: f64,
    #[serde(skip)]
    each: Vec<(f64, f64, usize)>,
}

impl Tally {
    pub(super) fn add(&mut self, score: &Score) {
        self.precision.add(score.precision);
        self.recall.add(score.recall);
        self.right_number.add(Count { k: score.right_number.into(), n: 1, ..Count::default() });
        self.right_roots.add(Count { k: score.right_roots.into(), n: 1, ..Count::default() });
        self.each.push((score.precision.share(), score.recall.share(), score.recoveries));
    }

    pub(super) fn finished(mut self) -> Self {
        for count in [&mut self.precision, &mut self.recall, &mut self.right_number, &mut self.right_roots] {
            *count = count.finished();
        }
        self.mean_precision = mean(self.each.iter().map(|one| one.0));
        self.mean_recall = mean(self.each.iter().map(|one| one.1));
        self.recoveries = mean(self.each.iter().map(|one| one.2 as f64)).0;
        self
    }
}

/// The mean and the half width of its 95 % interval.
fn mean(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, 1.959_964 * (variance / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_has_an_interval_that_shrinks_with_more() {
        let (middle, wide) = mean([0.0, 1.0].into_iter());
        let (_, narrow) = mean([0.0, 1.0].into_iter().cycle().take(200));
        assert_eq!(middle, 0.5);
        assert!((wide - 0.98).abs() < 0.01 && narrow < 0.08, "{wide} {narrow}");
    }

    #[test]
    fn a_count_without_anything_is_whole() {
        assert_eq!(Count::default().share(), 1.0);
        assert_eq!(Count { k: 1, n: 4, ..Count::default() }.share(), 0.25);
    }
}
