//! Watching a version after the switch: is any route worse than it was before? Pure.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::rollout::{FrontStats, LabelStats};

/// How improbable the new version's failures must be under the old one's rate to count as a regression.
const CHANCE: f64 = 0.05;

/// The counters at the moment of the switch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    /// Of the version before, if the front has seen it.
    pub(crate) old: Option<LabelStats>,
    /// Of the new one, which may have been there before under the same label.
    pub(crate) new: Option<LabelStats>,
}

impl Baseline {
    /// Takes both labels' counters.
    pub(crate) fn of(stats: &FrontStats, old: Option<&str>, new: &str) -> Self {
        let label = |label: &str| stats.labels.get(label).cloned();
        Self { old: old.and_then(label), new: label(new) }
    }
}

/// What a look at the counters says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Look {
    /// A route fails more often than before.
    Regressed(String),
    /// Compared, and no route is worse.
    Fine { compared: u64 },
    /// Nothing could be compared: no answers of a route on both sides.
    NoData,
    /// The counters could not be had.
    Unknown,
}

/// Compares what the new version answered since the switch with what the old one did before, route by route. A route that
/// the old version never answered says nothing: it may have failed just the same.
pub(crate) fn look(baseline: &Baseline, now: Option<&LabelStats>) -> Look {
    let old = baseline.old.as_ref().map(tally).unwrap_or_default();
    let before = baseline.new.as_ref().map(tally).unwrap_or_default();
    let mut compared = 0;
    for (route, answers) in now.map(tally).unwrap_or_default() {
        let new = answers.since(before.get(&route).copied().unwrap_or_default());
        let Some(old) = old.get(&route).filter(|_| new.all > 0) else { continue };
        compared += new.all;
        if is_worse(*old, new) {
            return Look::Regressed(format!(
                "{route} failed {} of {} times after the switch, {} of {} before",
                new.failed, new.all, old.failed, old.all
            ));
        }
    }
    if compared == 0 { Look::NoData } else { Look::Fine { compared } }
}

#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    all: u64,
    failed: u64,
}

impl Answers {
    /// A front that has restarted counts from 0 again.
    fn since(self, before: Answers) -> Answers {
        if self.all < before.all || self.failed < before.failed {
            return self;
        }
        Answers { all: self.all - before.all, failed: self.failed - before.failed }
    }
}

fn tally(stats: &LabelStats) -> BTreeMap<String, Answers> {
    let mut tally: BTreeMap<String, Answers> = BTreeMap::new();
    for (key, count) in &stats.answers {
        let Some((route, class)) = key.rsplit_once(' ') else { continue };
        let answers = tally.entry(route.to_owned()).or_default();
        answers.all += count;
        if class == "5xx" {
            answers.failed += count;
        }
    }
    tally
}

/// Whether so many failures or more are improbable at the rate of before (by the rule of succession, so that a rate is
/// never 0 or 1: few answers before prove little).
fn is_worse(old: Answers, new: Answers) -> bool {
    let rate = (old.failed as f64 + 1.0) / (old.all as f64 + 2.0);
    let higher = new.failed as f64 / new.all as f64 > old.failed as f64 / old.all as f64;
    higher && at_least(new.failed, new.all, rate) < CHANCE
}

/// The probability of at least `failed` failures in `all` answers.
fn at_least(failed: u64, all: u64, rate: f64) -> f64 {
    let (n, k) = (all as f64, failed as f64);
    let ratio = rate / (1.0 - rate);
    // In logarithms, as (1-rate)^n underflows.
    let mut term = n * (1.0 - rate).ln();
    let mut below = 0.0;
    let mut i = 0.0;
    while i < k {
        below += term.exp();
        term += ((n - i) / (i + 1.0) * ratio).ln();
        i += 1.0;
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(answers: &[(&str, u64)]) -> LabelStats {
        LabelStats { in_flight: 0, answers: answers.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect() }
    }

    #[track_caller]
    fn check(old: &[(&str, u64)], new: &[(&str, u64)], regressed: bool) {
        let baseline = Baseline { old: Some(stats(old)), new: None };
        let look = look(&baseline, Some(&stats(new)));
        assert_eq!(matches!(look, Look::Regressed(_)), regressed, "{old:?} then {new:?}: {look:?}");
    }

    #[test]
    fn a_route_that_was_fine_and_fails_is_a_regression() {
        check(&[("GET / 2xx", 100)], &[("GET / 5xx", 1)], true);
        check(&[("GET / 2xx", 100_000)], &[("GET / 2xx", 1_000), ("GET / 5xx", 5)], true);
        check(&[("GET / 2xx", 4)], &[("GET / 5xx", 3)], true);
    }

    #[test]
    fn a_route_that_failed_before_may_fail_less_or_alike() {
        check(&[("POST /f 5xx", 30)], &[("POST /f 2xx", 9)], false);
        check(&[("POST /f 5xx", 30)], &[("POST /f 5xx", 9)], false);
        check(&[("POST /f 5xx", 10), ("POST /f 2xx", 90)], &[("POST /f 5xx", 1), ("POST /f 2xx", 9)], false);
    }

    #[test]
    fn one_route_better_does_not_hide_another_that_is_worse() {
        let old = [("POST /f 5xx", 50), ("GET / 2xx", 50)];
        check(&old, &[("POST /f 2xx", 50), ("GET / 5xx", 5), ("GET / 2xx", 5)], true);
    }

    #[test]
    fn few_answers_before_prove_little() {
        check(&[("GET / 2xx", 1)], &[("GET / 5xx", 1)], false);
    }

    #[test]
    fn client_errors_are_not_failures() {
        check(&[("GET / 2xx", 100)], &[("GET / 4xx", 100)], false);
    }

    #[test]
    fn no_data_is_said_and_is_no_regression() {
        let nothing = Baseline::default();
        assert_eq!(look(&nothing, None), Look::NoData);
        assert_eq!(look(&nothing, Some(&stats(&[("GET /new 5xx", 9)]))), Look::NoData);
        let old = Baseline { old: Some(stats(&[("GET / 2xx", 9)])), new: None };
        assert_eq!(look(&old, Some(&stats(&[]))), Look::NoData);
    }

    #[test]
    fn what_the_label_counted_before_the_switch_does_not_count() {
        let baseline = Baseline {
            old: Some(stats(&[("GET / 2xx", 99)])),
            new: Some(stats(&[("GET / 5xx", 7), ("GET / 2xx", 1)])),
        };
        let now = stats(&[("GET / 5xx", 7), ("GET / 2xx", 11)]);
        assert_eq!(look(&baseline, Some(&now)), Look::Fine { compared: 10 });
        // A front that has restarted counts anew.
        assert!(matches!(look(&baseline, Some(&stats(&[("GET / 5xx", 3)]))), Look::Regressed(_)));
    }
}
