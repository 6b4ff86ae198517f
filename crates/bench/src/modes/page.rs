//! The results as a page for people. Pure.

use super::{Outcome, Results};
use crate::machine::Machine;
use crate::stats::Spread;
use std::fmt::Write;
use wire::runtime::ActOutcome;

const HEAD: &str = "# Failure modes that are healed while the target runs\n\n\
    Written by `make bench-modes`. Each failure is really injected while the playbook's own watcher looks at the resource, and is healed by \
    `playbooks::heal`, as `warden` does it; what the journal, the plan and the proof of the whole platform add stands below. *Noticed* counts \
    from the moment the failure is there to the look that finds it (after the strikes that the mode asks for), *cured* from there until every invariant \
    holds. The limit is about the latter; the goal is a tenth of it; *with noticing* counts both, from the failure on. What is silent has to be silent \
    for a while before it may be called that, which no implementation can shorten without ending what is only slow: an endpoint is asked three times with a second each, an instance \
    that holds a port has 3 s (in *noticed*) and a second more for another question (in *cured*). *Undo*: how often everything that stood was taken back, \
    and how often it was as bad as before then (a start or a caller may have gone on meanwhile); `–`: there is nothing to take back, and the remedy says why.\n";

/// The page.
pub(super) fn page(results: &Results, machine: &Machine) -> String {
    let mut text = HEAD.to_owned();
    let Machine { processor, cores, begun, load_before, load_after, .. } = machine;
    let _ = writeln!(
        text,
        "\nOn {processor} ({cores} cores), {begun}; load {load_before:.1} before, {load_after:.1} after; looks every {} ms; {:.1} minutes.\n",
        results.every_ms, results.minutes
    );
    text.push_str("| mode | injected how | n | noticed, ms: median, worst | cured, ms: median, worst | limit, s | worst of limit | with noticing | undo | by |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: | --- |\n");
    for one in &results.modes {
        let _ = writeln!(text, "{}", row(one));
    }
    if !results.missing.is_empty() {
        let _ = writeln!(text, "\nNot measured: {}.", results.missing.join("; "));
    }
    if !results.monit.is_empty() {
        text.push_str("\n## Beside Monit\n\nThe same failures, watched by Monit (a cycle a second, the shortest there is; its manual's sample has 30) with a script as its remedy that does what the playbook does. \
            From the failure to the cure, which the playbook's own look finds:\n\n| failure | n | Monit, ms: median, worst | Kintsugi, ms: median, worst | ratio |\n| --- | --: | --: | --: | --: |\n");
        for one in &results.monit {
            let ratio = one.ours.zip(one.monit).map(|(ours, monit)| ours.median / monit.median);
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                one.name,
                one.n,
                told(one.monit),
                told(one.ours),
                ratio.map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}"))
            );
        }
    }
    if let Some(figures) = &results.kubernetes {
        text.push_str(&figures.section());
    }
    if !results.platform.is_empty() {
        text.push_str(&platform(&results.platform));
    }
    text
}

fn platform(runs: &[super::platform::Run]) -> String {
    let of = |what: fn(&super::platform::Run) -> f64| told(Spread::of(&runs.iter().map(what).collect::<Vec<_>>()));
    format!(
        "\n## Through the whole platform\n\nA configuration file of the tiny target is cut, `warden` looks every 100 ms; detection, journal, plan, playbook, a watch of a second as \
         proof, certificate. From the failure on, n = {}, ms (median, worst):\n\n| the incident is there | the file is right again | resolved |\n| --: | --: | --: |\n| {} | {} | {} |\n",
        runs.len(),
        of(|run| run.detected_ms),
        of(|run| run.cured_ms),
        of(|run| run.resolved_ms)
    )
}

fn row(one: &Outcome) -> String {
    let noticed: Vec<f64> = one.runs.iter().map(|run| run.noticed_ms).collect();
    let cured: Vec<f64> = one.runs.iter().map(|run| run.cured_ms).collect();
    let well = |outcome: ActOutcome| matches!(outcome, ActOutcome::Healed | ActOutcome::Relieved);
    let ill = one.runs.iter().filter(|run| !well(run.outcome)).count();
    let (noticed, cured) = (Spread::of(&noticed), Spread::of(&cured));
    let share = |most: f64| format!("{:.1} %", most / 10.0 / one.limit_s as f64);
    let whole = one.runs.iter().map(|run| run.noticed_ms + run.cured_ms).reduce(f64::max);
    let asked: Vec<bool> = one.runs.iter().filter_map(|run| run.undone).collect();
    let undo = match asked.iter().filter(|undone| **undone).count() {
        _ if asked.is_empty() => "–".to_owned(),
        done => {
            let again = one.runs.iter().filter(|run| run.ill_again).count();
            format!("{done} of {}, {again}", asked.len())
        }
    };
    let mut by: Vec<String> =
        one.runs.iter().flat_map(|run| run.by.iter().map(|title| without_numbers(title))).collect();
    by.sort_unstable();
    by.dedup();
    let better = one.runs.iter().filter(|run| run.outcome == ActOutcome::Better).count();
    let not = [(better, "only eased"), (ill - better, "not cured"), (one.failed.len(), "not run")];
    let not: Vec<String> = not.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let failed = if not.is_empty() { String::new() } else { format!(" (**{}**)", not.join(", ")) };
    format!(
        "| {}. {}{failed} | {} | {} | {} | {} | {} | {} | {} | {undo} | {} |",
        one.mode,
        one.name,
        one.injected,
        one.runs.len() + one.failed.len(),
        told(noticed),
        told(cured),
        one.limit_s,
        cured.map_or_else(|| "–".into(), |cured| share(cured.most)),
        whole.map_or_else(|| "–".into(), share),
        by.join("; ")
    )
}

/// Ports and pids are others each time.
pub(super) fn without_numbers(title: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in title.split(' ') {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        words.push(if digits > 3 { "N".to_owned() } else { word.to_owned() });
    }
    words.join(" ")
}

pub(super) fn told(spread: Option<Spread>) -> String {
    spread.map_or_else(|| "–".into(), |spread| format!("{:.0}, {:.0}", spread.median, spread.most))
}
