//! How good a grouping is, by the definitions of loghub-2.0. Pure.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a contender says of some lines.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Grouping {
    /// Each line's group: an index into the templates; a line that says nothing has none.
    pub(super) groups: Vec<Option<usize>>,
    pub(super) templates: Vec<String>,
    /// How many groups became one with another after they began.
    pub(super) absorbed: usize,
}

/// The scores, all from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Score {
    /// Grouping accuracy: the share of lines whose group is exactly the true one.
    pub(super) ga: f64,
    /// The F1 of groups that are exactly true ones.
    pub(super) fga: f64,
    /// Parsing accuracy: the share of lines whose template is the true one, letter by letter.
    pub(super) pa: f64,
    /// The F1 of groups that are exactly true ones and have the true template.
    pub(super) fta: f64,
}

/// Scores a grouping against each line's true template.
pub(super) fn score(grouping: &Grouping, truth: &[String]) -> Score {
    let template = |group: usize| grouping.templates.get(group).map(String::as_str);
    let mut found: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    let mut wanted: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut same = 0;
    for (line, (group, truth)) in grouping.groups.iter().zip(truth).enumerate() {
        found.entry(*group).or_default().push(line);
        wanted.entry(truth).or_default().push(line);
        same += usize::from(group.and_then(template) == Some(truth));
    }
    // Lines are in ascending order in both, so equal sets are equal lists.
    let wanted_lists: BTreeSet<(&[usize], &str)> =
        wanted.iter().map(|(truth, lines)| (lines.as_slice(), *truth)).collect();
    let right = |lines: &Vec<usize>| {
        let first = lines.first().and_then(|line| truth.get(*line))?;
        wanted_lists.contains(&(lines.as_slice(), first.as_str())).then_some(first)
    };
    let (mut lines_right, mut groups_right, mut templates_right) = (0, 0, 0);
    for (group, lines) in &found {
        let Some(truth) = right(lines) else { continue };
        lines_right += lines.len();
        groups_right += 1;
        templates_right += usize::from(group.and_then(template) == Some(truth));
    }
    let lines = truth.len().max(1) as f64;
    let f1 = |right: usize| 2.0 * right as f64 / (found.len() + wanted.len()).max(1) as f64;
    Score { ga: lines_right as f64 / lines, fga: f1(groups_right), pa: same as f64 / lines, fta: f1(templates_right) }
}

/// The mean of some scores.
pub(super) fn mean(scores: &[Score]) -> Score {
    let of = |member: fn(&Score) -> f64| scores.iter().map(member).sum::<f64>() / scores.len().max(1) as f64;
    Score { ga: of(|s| s.ga), fga: of(|s| s.fga), pa: of(|s| s.pa), fta: of(|s| s.fta) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(groups: &[usize], templates: &[&str], truth: &[&str], expected: [f64; 4]) {
        let grouping = Grouping {
            groups: groups.iter().map(|group| Some(*group)).collect(),
            templates: templates.iter().map(|text| (*text).to_owned()).collect(),
            absorbed: 0,
        };
        let truth: Vec<String> = truth.iter().map(|text| (*text).to_owned()).collect();
        let Score { ga, fga, pa, fta } = score(&grouping, &truth);
        assert_eq!([ga, fga, pa, fta], expected, "{groups:?} {truth:?}");
    }

    #[test]
    fn only_exact_groups_count_and_templates_letter_by_letter() {
        check(&[0, 0, 1, 1], &["a", "b"], &["a", "a", "b", "b"], [1.0; 4]);
        check(&[0, 0, 0, 1], &["a", "b"], &["a", "a", "b", "b"], [0.0, 0.0, 0.75, 0.0]);
        check(&[0, 0, 1, 2], &["x", "b", "c"], &["a", "a", "b", "b"], [0.5, 2.0 / 5.0, 0.25, 0.0]);
        check(&[1, 1, 0, 0], &["b", "x"], &["a", "a", "b", "b"], [1.0, 1.0, 0.5, 0.5]);
    }
}
