//! The results as a page for people. Pure.

use super::{Outcome, Results};
use crate::gates::interval;
use crate::machine::Machine;
use std::fmt::Write;

/// What stands below this in the page is measured elsewhere, and kept.
const REST: &str = "<!-- below: measured apart -->";

const HEAD: &str = "# What is learned from one patch\n\n\
    Written by `make bench-learning`; the families are data (`crates/bench/families`, Python; each instance is a whole fault file of the tiny \
    target, before and after its cure, in another shape). All goes through the whole product: an instance comes as a developer's push and a reset, \
    users meet the fault, the detection, the plan, the gates with build, tests and replays, the push, the roll-out and the replay on live are the real \
    ones. The first instance of a family is cured by a scripted model over a provider's protocol, which thinks for 2 s; its patch is \
    distilled into a rule, which is learned. Then every service ends and starts again with `OFFLINE_MODE=1`, and the other instances come. \
    Healthy files are Python's own library: one half is what the patcher tries rules on (`healthy` in its settings), the other half it has never seen.\n";

/// The page.
pub(super) fn page(results: &Results, machine: &Machine) -> String {
    let mut text = HEAD.to_owned();
    let Machine { processor, cores, begun, load_before, load_after, .. } = machine;
    let _ = writeln!(
        text,
        "\nOn {processor} ({cores} cores), {begun}; load {load_before:.1} before, {load_after:.1} after; {:.1} minutes.\n",
        results.minutes
    );
    for line in summary(results) {
        let _ = writeln!(text, "- {line}");
    }
    text.push_str("\n| family | first | s | others healed | model calls | median s | ratio | proposing, first / others, s | false fires |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: |\n");
    for one in &results.families {
        let others = one.others.len() + one.not_run;
        let first = if one.first.healed { "a model" } else { "**NOT healed**" };
        let first = if one.rule.is_some() { first } else { "**no rule**" };
        let (seconds, median, proposing) =
            (one.first.seconds, median(one, |healed| healed.seconds), median(one, |healed| healed.propose_seconds));
        let _ = writeln!(
            text,
            "| {} | {first} | {seconds:.1} | {} of {others} | {} | {} | {} | {:.1} / {} | {} of {} |",
            one.name,
            healed(one),
            calls(one),
            told(median, 1),
            told(ratio(median, seconds), 2),
            one.first.propose_seconds,
            told(proposing, 1),
            one.fired.len(),
            one.healthy,
        );
    }
    misses(&mut text, results);
    text
}

/// The page with what stood below the mark before.
pub(super) fn with_rest(page: &str, before: &str) -> String {
    let rest = before.split_once(REST).map_or("\n", |(_, rest)| rest);
    format!("{page}\n{REST}{rest}")
}

/// A number, or that there is none.
fn told(number: f64, digits: usize) -> String {
    if number.is_nan() { "–".to_owned() } else { format!("{number:.digits$}") }
}

fn summary(results: &Results) -> Vec<String> {
    let all = &results.families;
    let sum = |count: fn(&Outcome) -> usize| all.iter().map(count).sum::<usize>();
    let (hits, others) = (sum(healed), sum(|one| one.others.len()));
    let ratios: Vec<f64> =
        all.iter().map(|one| ratio(median(one, |healed| healed.seconds), one.first.seconds)).collect();
    let middle = middle(ratios);
    vec![
        format!(
            "taught: {} of {} families, each by one patch; the provider was asked {} times",
            sum(|one| usize::from(one.rule.is_some())),
            all.len(),
            results.calls_on
        ),
        format!("others healed with models switched off: {}", interval::told(hits, others)),
        format!("calls of the model meanwhile, counted at the provider: {}", results.calls_off),
        format!(
            "time of the others to that of the first, detection to end: {middle:.2} (the median of the families' ratios)"
        ),
        format!(
            "false fires: {} over {} files and {} rules",
            sum(|one| one.fired.len()),
            all.first().map_or(0, |one| one.healthy),
            sum(|one| usize::from(one.rule.is_some()))
        ),
        format!("not run for want of time: {}", sum(|one| one.not_run)),
    ]
}

fn misses(text: &mut String, results: &Results) {
    let mut lines = Vec::new();
    for one in &results.families {
        if one.rule.is_none() {
            lines.push(format!("{}: nothing was learned: {}", one.name, one.first.why));
        }
        let missed = one.others.iter().filter(|other| !other.healed);
        lines.extend(missed.map(|other| format!("{} {}: {}", one.name, other.instance, short(&other.why))));
        lines.extend(one.fired.iter().map(|file| format!("{}: FIRED on {file}", one.name)));
    }
    if !lines.is_empty() {
        text.push_str("\n## Misses\n\n");
        lines.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
    }
}

fn short(why: &str) -> String {
    why.chars().take(300).collect()
}

fn healed(one: &Outcome) -> usize {
    one.others.iter().filter(|other| other.healed).count()
}

fn calls(one: &Outcome) -> usize {
    one.others.iter().map(|other| other.calls).sum()
}

/// Of the others that were healed.
fn median(one: &Outcome, of: fn(&super::Healed) -> f64) -> f64 {
    middle(one.others.iter().filter(|other| other.healed).map(of).collect())
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.retain(|figure| figure.is_finite());
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

fn ratio(of: f64, to: f64) -> f64 {
    if to > 0.0 { of / to } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_apart_is_kept() {
        let before = with_rest("old\n", "nothing");
        assert_eq!(before, format!("old\n\n{REST}\n"));
        assert_eq!(with_rest("new\n", &format!("{before}more\n")), format!("new\n\n{REST}\nmore\n"));
    }

    #[test]
    fn without_figures_there_is_no_median_and_no_ratio() {
        assert!(middle(Vec::new()).is_nan() && ratio(1.0, 0.0).is_nan());
        assert_eq!(middle(vec![3.0, f64::NAN, 1.0, 2.0]), 2.0);
    }
}
