//! The closing table.

use super::fault::FaultReport;
use super::report::{Goal, Report};
use super::shares;
use std::fmt::Write;
use wire::span::Stage;

/// The report as text: a table a cycle, with a column a fault and a row a stage.
pub fn of(report: &Report) -> String {
    let mut text = String::new();
    for round in &report.rounds {
        let faults: Vec<&FaultReport> = report.faults.iter().filter(|fault| fault.round == round.round).collect();
        stages(&mut text, round.round, &faults);
        summary(&mut text, round.together_s, round.reset_s, &faults);
    }
    switches(&mut text, report);
    let _ = writeln!(text, "platform's own share, goal {}", goal(report.goals.platform_ms, "ms"));
    let _ = writeln!(text, "all faults of a cycle together, goal {}", goal(report.goals.together_s, "s"));
    let cost = report.until_first_fault;
    let _ = writeln!(text, "until the first fault was fired: {:.0} CPU s, {:.0} s", cost.cpu_s, cost.wall_s);
    for service in &report.services {
        let mib = service.resident_kib.map_or(0.0, |kib| kib as f64 / 1024.0);
        let name = service.service.as_str();
        let _ = writeln!(text, "{name:<15} ready after {:>5.0} ms, {mib:>5.1} MiB resident", service.ready_ms);
    }
    text
}

fn stages(text: &mut String, round: u32, faults: &[&FaultReport]) {
    text.push('\n');
    row(text, &format!("cycle {round}: ms since it failed"), faults, |fault| fault.name.clone());
    for stage in Stage::ALL {
        row(text, stage.as_str(), faults, |fault| number(fault.stages_ms.get(stage.as_str()).copied()));
    }
    row(text, "eased at the front", faults, |fault| number(fault.relieved_ms));
    row(text, "of which the platform", faults, |fault| number(fault.platform_ms));
    text.push('\n');
    row(text, "the platform's share until", faults, |_| String::new());
    for stage in
        Stage::ALL.into_iter().filter(|stage| faults.iter().any(|fault| fault.platform_until(*stage).is_some()))
    {
        row(text, &format!("  {}", stage.as_str()), faults, |fault| number(fault.platform_until(stage)));
    }
    text.push('\n');
    row(text, "requests until it failed", faults, |fault| fault.asked.len().to_string());
    row(text, "answer then and now", faults, |fault| format!("{} → {}", fault.fired_status, fault.healed_status));
    row(text, "outcome", faults, |fault| fault.outcome.clone());
    text.push('\n');
    for fault in faults {
        let commit = fault.commit.as_ref().map_or("no commit", |commit| commit.as_str());
        let _ = writeln!(text, "{}: {}: {commit}  {}", fault.name, fault.code, fault.files.join(", "));
    }
}

/// What the time went to.
fn summary(text: &mut String, together_s: f64, reset_s: f64, faults: &[&FaultReport]) {
    let sums = shares::total(faults.iter().map(|fault| &fault.shares_ms));
    let all: f64 = sums.iter().map(|(_, ms)| ms).sum();
    let part = |(kind, ms): &(&str, f64)| format!("{kind} {:.1} s ({:.0} %)", ms / 1000.0, 100.0 * ms / all.max(1.0));
    let parts: Vec<String> = sums.iter().map(part).collect();
    let healed = faults.iter().filter(|fault| fault.is_healed()).count();
    let count = faults.len();
    let _ = writeln!(
        text,
        "{healed} of {count} fault(s) healed one after the other in {together_s:.1} s, then reset in {reset_s:.1} s"
    );
    let most = sums.first().map_or("nothing", |(kind, _)| words(kind));
    let _ = writeln!(text, "what dominates is {most}: {}", parts.join(", "));
}

fn words(kind: &str) -> &str {
    match kind {
        "build" => "the target's build",
        "test" => "the target's tests",
        "replay" => "the replays that prove the cure (gates 3 to 5, green, live)",
        "health" => "the wait for health",
        "bake" => "the watch after the switch",
        "target" => "the failing request itself",
        "person" => "the wait for a person",
        other => other,
    }
}

fn switches(text: &mut String, report: &Report) {
    let (traffic, switch) = (&report.traffic, &report.switch);
    let _ = writeln!(
        text,
        "\nclient: {} requests at {}/s all the while (GET {} in turn), {} failed",
        switch.requests,
        traffic.per_second,
        traffic.paths.join(", "),
        switch.failed
    );
    for failure in &switch.failures {
        let _ = writeln!(text, "  {failure}");
    }
    let reset = &report.reset;
    let back = if report.rounds.len() > 1 { yes(reset.faults_back) } else { "not tried in a single cycle" };
    let _ = writeln!(text, "reset: code restored {}, faults back {back}", yes(reset.code_reset));
}

fn goal(goal: Goal, unit: &str) -> String {
    let worst = goal.worst.map_or_else(|| "not measured".to_owned(), |worst| format!("{worst:.1} {unit} at worst"));
    format!("< {} {unit}: {worst}, {}", goal.limit, if goal.met { "met" } else { "MISSED" })
}

fn row(text: &mut String, name: &str, faults: &[&FaultReport], cell: impl Fn(&FaultReport) -> String) {
    let cells: String = faults.iter().map(|fault| format!("{:>14}", cell(fault))).collect();
    let _ = writeln!(text, "{name:<28}{cells}");
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
