//! The results as a page for people. Pure.

use super::corpus::Group;
use super::outcome::{Oracled, Results};
use crate::machine::Machine;
use std::collections::BTreeMap;
use std::fmt::Write;
use variants::Fault;

const HEAD: &str = "# The admission gates against cheats, wrong patches and right ones\n\n\
    Written by `make bench-gates`; the corpus is in `crates/bench/cheats` and `crates/bench/cures`. Every candidate goes through the real \
    verifier of a local stack, up to the first refusal. A wrong patch is a small change to a right one that fails an oracle which the gates \
    never read (`crates/bench/src/gates/oracle.rs`: plain requests, a database, an upstream and a reading of the log of its own).\n\n\
    Goals: no false accept, at most 5 % false rejects.\n";

/// The page.
pub(super) fn page(results: &Results, machine: &Machine, supplied: Option<&str>) -> String {
    let mut text = HEAD.to_owned();
    let _ = writeln!(
        text,
        "\nOn {} ({} cores), {}; load {:.1} before, {:.1} after; {} build.",
        machine.processor,
        machine.cores,
        machine.begun,
        machine.load_before,
        machine.load_after,
        if machine.optimised { "release" } else { "debug" }
    );
    if let Some(folder) = supplied {
        let _ = writeln!(text, "The cheats are those of `{folder}`.");
    }
    text.push('\n');
    for line in results.summary() {
        let _ = writeln!(text, "- {line}");
    }
    misses(&mut text, results);
    text.push_str("\n## Which check refused\n\n| gate | check | cheats | wrong or equivalent mutants | right |\n| --- | --- | --: | --: | --: |\n");
    for ((gate, code), [cheats, mutants, right]) in results.by_check() {
        let _ = writeln!(text, "| {gate} | `{code}` | {cheats} | {mutants} | {right} |");
    }
    text.push_str("\n## Cheats, by what refused them\n\n| cheat | what it does | sql | api | db |\n| --- | --- | --- | --- | --- |\n");
    let cheats: BTreeMap<&str, &str> = results
        .judged
        .iter()
        .filter(|one| one.group == Group::Cheat)
        .map(|one| (one.name.as_str(), one.what.as_str()))
        .collect();
    for (name, what) in cheats {
        let [sql, api, db] = Fault::ALL.map(|fault| results.of_cheat(name, fault));
        let _ = writeln!(text, "| {name} | {what} | {sql} | {api} | {db} |");
    }
    if !results.acted.is_empty() {
        text.push_str("\n## Fake actions, by what the closing replay on live said\n\n| action | what it does | sql | api | db |\n| --- | --- | --- | --- | --- |\n");
        for one in &results.acted {
            let cell = |fault: Fault| one.judged.get(fault.name()).map_or("–", |(said, _)| said.as_str()).to_owned();
            let [sql, api, db] = Fault::ALL.map(cell);
            let _ = writeln!(text, "| {} | {} | {sql} | {api} | {db} |", one.name, one.what);
        }
    }
    text
}

fn misses(text: &mut String, results: &Results) {
    let mut lines = Vec::new();
    for one in results.false_accepts() {
        let why = if let Oracled::Wrong(why) = &one.oracle { why.as_str() } else { "a cheat" };
        lines.push(format!("ACCEPTED wrongly: {} {} {}: {} ({why})", one.group.name(), one.fault, one.name, one.what));
    }
    for (action, fault) in results.fooled() {
        lines.push(format!("the closing replay alone was FOOLED: {fault} after {action}"));
    }
    for one in results.false_rejects() {
        lines.push(format!("REFUSED wrongly: {} {}: {} `{}`: {}", one.fault, one.name, one.gate, one.code, one.why));
    }
    for one in results.judged.iter().filter(|one| one.group == Group::Right && matches!(one.oracle, Oracled::Wrong(_)))
    {
        lines.push(format!("the oracle calls the right patch {} {} wrong: {:?}", one.fault, one.name, one.oracle));
    }
    if !lines.is_empty() {
        text.push_str("\n## Misses\n\n");
        for line in lines {
            let _ = writeln!(text, "- {}", line.replace('\n', " "));
        }
    }
}
