//! The results as a page for people. Pure.

use super::contender::OURS;
use super::score::Score;
use super::{GOAL, Results, TUNED};
use crate::machine::Machine;
use std::fmt::Write;

/// What stands below this in the page is measured elsewhere, and kept.
const REST: &str = "<!-- below: measured apart -->";

const HEAD: &str = "# How well lines are grouped\n\n\
    Written by `make bench-mining LOGHUB=folder`. Each contender is a process that is given the field `Content` of LogHub's 2k samples as it stands, line \
    by line, without a rule or a mask for any system, and is scored against the corrected templates by loghub-2.0's definitions: **GA** the share of \
    lines whose group is exactly the true one, **FGA** the F1 of exactly true groups, **PA** the share of lines whose template is the true one letter by \
    letter, **FTA** the F1 of exactly true groups with the true template. Groups are taken as they are after the last line. `drain3, as it \
    comes` has its default settings, `drain3, shared` one configuration for all systems (depth 4, similarity 0.5, no masks). Lines per CPU second: \
    many rounds over all lines, without the start of the program; drain3 is Python.\n\n\
    **What was tuned on what**: the bounds of likeness and of siblings and the masks of `crates/miner` were chosen while looking at the eight \
    systems named below as tuned on, and at their lines. Others count as unseen.\n";

/// The page.
pub(super) fn page(results: &Results, machine: &Machine) -> String {
    let mut text = HEAD.to_owned();
    let Machine { processor, cores, begun, load_before, load_after, .. } = machine;
    let _ = writeln!(
        text,
        "\nOn {processor} ({cores} cores), {begun}; load {load_before:.1} before, {load_after:.1} after; {} lines.\n",
        results.lines
    );
    summary(&mut text, results);
    let names: Vec<&str> = results.contenders.keys().map(String::as_str).collect();
    let _ = writeln!(text, "\n| system | tuned on | {} |", names.join(" | "));
    let _ = writeln!(text, "| --- | --- |{}", " --: |".repeat(names.len()));
    let systems = results.contenders.values().next().into_iter().flat_map(|result| result.scores.keys());
    for system in systems {
        let tuned = if TUNED.contains(&system.as_str()) { "yes" } else { "no" };
        let cells = results.contenders.values().map(|result| cell(result.scores.get(system).copied()));
        let _ = writeln!(text, "| {system} | {tuned} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text.push_str("\nEach cell: GA / FGA / PA / FTA.\n");
    text
}

/// The page with what stood below the mark before.
pub(super) fn with_rest(page: &str, before: &str) -> String {
    let rest = before.split_once(REST).map_or("\n", |(_, rest)| rest);
    format!("{page}\n{REST}{rest}")
}

fn summary(text: &mut String, results: &Results) {
    let ours = results.contenders.get(OURS);
    let average = ours.and_then(|ours| ours.average(|_| true)).unwrap_or_default().ga;
    let told = if average >= GOAL { "reached" } else { "**MISSED**" };
    let _ = writeln!(
        text,
        "- average GA: {average:.3}; goal: Drain's published average (over 14 systems) of {GOAL:.3}: {told}"
    );
    for (name, result) in &results.contenders {
        let all = cell(result.average(|_| true));
        let unseen = result.average(|system| results.unseen.iter().any(|name| name == system));
        let unseen = unseen.map_or("none was given".to_owned(), |score| cell(Some(score)));
        let _ = writeln!(
            text,
            "- {name}: average {all}; over unseen systems: {unseen}; {:.0} lines per CPU second",
            result.lines_per_cpu_second
        );
    }
    if let Some(ours) = ours {
        let _ = writeln!(text, "- groups of ours that became one with another after they began: {}", ours.absorbed);
    }
    for lack in &results.lacks {
        let _ = writeln!(text, "- NOT measured: {lack}");
    }
}

fn cell(score: Option<Score>) -> String {
    score.map_or("–".to_owned(), |Score { ga, fga, pa, fta }| format!("{ga:.3} / {fga:.3} / {pa:.3} / {fta:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mining::Result;

    #[test]
    fn a_miss_and_what_was_not_measured_are_told_and_what_stands_below_stays() {
        let score = |ga: f64| Score { ga, ..Score::default() };
        let scores = [("BGL".to_owned(), score(0.5)), ("Mac".to_owned(), score(0.25))].into();
        let ours = Result { scores, absorbed: 3, lines_per_cpu_second: 1e5 };
        let results = Results {
            lines: 4_000,
            unseen: vec!["Mac".into()],
            contenders: [(OURS.to_owned(), ours)].into(),
            lacks: vec!["drain3: gone".into()],
        };
        let page = page(&results, &Machine::default());
        for part in [
            "average GA: 0.375",
            "**MISSED**",
            "over unseen systems: 0.250 /",
            "100000 lines per CPU second",
            "| BGL | yes | 0.500 /",
            "| Mac | no | 0.250 /",
            "NOT measured: drain3: gone",
        ] {
            assert!(page.contains(part), "{part:?} is missing in {page}");
        }
        assert_eq!(with_rest(&page, &format!("old {REST}\nkept\n")), format!("{page}\n{REST}\nkept\n"));
    }
}
