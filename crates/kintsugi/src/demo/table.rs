//! The closing table.

use super::report::{FaultReport, Report};
use std::fmt::Write;
use wire::span::Stage;

/// The report as text: a column a fault and cycle, a row a stage.
pub fn of(report: &Report) -> String {
    let mut text = String::from("\n");
    let faults = &report.faults;
    row(&mut text, "ms since the request", faults, |fault| format!("{} #{}", short(&fault.code), fault.round));
    for stage in Stage::ALL {
        row(&mut text, stage.as_str(), faults, |fault| number(fault.stages_ms.get(stage.as_str()).copied()));
    }
    row(&mut text, "platform's own share", faults, |fault| number(fault.platform_ms));
    row(&mut text, "outcome", faults, |fault| fault.outcome.clone());
    text.push('\n');
    for fault in faults {
        let commit = fault.commit.as_ref().map_or("no commit", |commit| commit.as_str());
        let _ = writeln!(text, "{} #{}: {commit}  {}", fault.code, fault.round, fault.files.join(", "));
    }
    let _ = writeln!(
        text,
        "switch: {} requests at a constant rate, {} failed",
        report.switch.requests, report.switch.failed
    );
    let reset = &report.reset;
    let _ = writeln!(text, "reset: code {}, faults back {}", yes(reset.code_reset), yes(reset.faults_back));
    let cost = report.until_first_fault;
    let _ = writeln!(text, "until the first fault was fired: {:.0} CPU s, {:.0} s", cost.cpu_s, cost.wall_s);
    for service in &report.services {
        let mib = service.resident_kib.map_or(0.0, |kib| kib as f64 / 1024.0);
        let _ =
            writeln!(text, "{:<15} ready after {:>5.0} ms, {mib:>5.1} MiB resident", service.service, service.ready_ms);
    }
    text
}

fn row(text: &mut String, name: &str, faults: &[FaultReport], cell: impl Fn(&FaultReport) -> String) {
    let cells: String = faults.iter().map(|fault| format!("{:>22}", cell(fault))).collect();
    let _ = writeln!(text, "{name:<22}{cells}");
}

fn short(code: &str) -> String {
    code.chars().take(17).collect()
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
