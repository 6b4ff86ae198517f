//! The results as a page for people. Pure.

use super::client::Seen;
use super::fault::Fault;
use super::policy::Policy;
use super::{Cell, Results};
use crate::machine::Machine;
use crate::stats::Spread;
use std::fmt::Write;

const HEAD: &str = "# Error-seconds\n\n\
    Written by `make bench-errors`. The same client asks one path of the same small service, through the same front, at a constant rate, whatever becomes of \
    its requests; each fault is really injected, and every policy is real. An *error-second* is a second in which at least one request failed (a status that \
    is not 200, or no answer within 2 s); a *stale-second* one in which at least one answer was an older one, marked as such. Answers that were wrong \
    and not marked are counted, too.\n\n\
    - **nothing**: the process and the front.\n\
    - **restart only**: `/healthz` is asked every 500 ms (1 s for an answer); after three failures in a row the process is killed and started again.\n\
    - **roll back only**: the path itself is asked through the front as often; after three failures in a row the version before is rolled out (start, health, switch), \
    where there is none this one anew.\n\
    - **breaker only**: the front's breaker stands all the time; one try a second. Its 503 is an error here: it protects what is behind it, and a caller's time.\n\
    - **Kintsugi**: a whole local stack. The target file has a relief for the one fault it names (older answers and the breaker), and a known cure; there is no \
    other knowledge of these faults. It says `hung_ms = 3000`: a process that leaves three questions in a row without an answer, one a second, is ended and started again \
    (5000 where a target file says nothing). Its runs come one by one; the other four policies run beside each other. What else the machine did meanwhile shows in its load.\n";

/// The page.
pub(super) fn page(results: &Results, machine: &Machine) -> String {
    let mut text = HEAD.to_owned();
    let Machine { processor, cores, begun, load_before, load_after, .. } = machine;
    let Results { window_s, per_second, outage_s, minutes, .. } = results;
    let _ = writeln!(
        text,
        "\nOn {processor} ({cores} cores), {begun}; load {load_before:.1} before, {load_after:.1} after; {per_second} requests a second; {window_s} s from the \
         moment on at which the fault is there; a dependency is away for {outage_s} s; {minutes:.1} minutes in all.\n"
    );
    text.push_str("## Error-seconds\n\nMedian and worst of n runs.\n\n");
    table(&mut text, results, |seen| seen.error_s);
    let _ = writeln!(text, "\n{}", misses(results));
    text.push_str(
        "\n## Failed requests\n\nWhole percent of all within the window, rounded down, median and worst.\n\n",
    );
    table(&mut text, results, |seen| 100 * seen.failed / seen.requests.max(1));
    text.push_str("\n## Stale-seconds\n\nMedian and worst.\n\n");
    table(&mut text, results, |seen| seen.stale_s);
    let wrong: usize = results.cells.iter().flat_map(|cell| &cell.runs).map(|seen| seen.wrong_s).sum();
    let _ =
        writeln!(text, "\nSeconds with a wrong answer that was not marked, over all runs of all policies: {wrong}.");
    text.push_str("\n## The faults, and what the platform did\n\n");
    for cell in results.cells.iter().filter(|cell| cell.policy == Policy::Kintsugi) {
        let _ = writeln!(text, "- **{}**: {}. {}.", cell.fault.name(), cell.fault.told(), cell.did.join("; "));
    }
    let failed: Vec<String> = results.cells.iter().filter(|cell| !cell.failed.is_empty()).map(line).collect();
    if !failed.is_empty() {
        let _ = writeln!(text, "\nRuns that came to nothing: {}.", failed.join("; "));
    }
    text
}

fn table(text: &mut String, results: &Results, of: impl Fn(&Seen) -> usize) {
    let names: Vec<&str> = Policy::ALL.into_iter().map(Policy::name).collect();
    let _ = writeln!(text, "| fault | n | {} |\n| --- | --: {}|", names.join(" | "), "| --: ".repeat(names.len()));
    for fault in Fault::ALL {
        let row: Vec<&Cell> = results.cells.iter().filter(|cell| cell.fault == fault).collect();
        let Some(n) = row.iter().map(|cell| cell.runs.len()).min() else { continue };
        let told = row.iter().map(|cell| {
            let figures: Vec<f64> = cell.runs.iter().map(|seen| of(seen) as f64).collect();
            Spread::of(&figures)
                .map_or_else(|| "–".to_owned(), |spread| format!("{:.0}, {:.0}", spread.median, spread.most))
        });
        let told: Vec<String> = told.collect();
        let _ = writeln!(text, "| {} | {n} | {} |", fault.name(), told.join(" | "));
    }
}

/// Where another policy did better than the platform.
fn misses(results: &Results) -> String {
    let median = |fault: Fault, policy: Policy| {
        let cell = results.cells.iter().find(|cell| cell.fault == fault && cell.policy == policy)?;
        let seconds: Vec<f64> = cell.runs.iter().map(|seen| seen.error_s as f64).collect();
        Spread::of(&seconds).map(|spread| spread.median)
    };
    let better = Fault::ALL.into_iter().filter_map(|fault| {
        let ours = median(fault, Policy::Kintsugi)?;
        let others = Policy::ALL.into_iter().filter(|policy| *policy != Policy::Kintsugi);
        let better = others.filter(|policy| median(fault, *policy).is_some_and(|theirs| theirs < ours));
        let better: Vec<&str> = better.map(Policy::name).collect();
        (!better.is_empty()).then(|| format!("{} ({})", fault.name(), better.join(", ")))
    });
    let better: Vec<String> = better.collect();
    if better.is_empty() {
        return "By the medians no policy did better than the platform on any of these faults.".to_owned();
    }
    format!("By the medians other policies did better than the platform on: {}.", better.join("; "))
}

/// A cell in one line.
pub(super) fn line(cell: &Cell) -> String {
    let seconds: Vec<String> = cell.runs.iter().map(|seen| format!("{}/{}", seen.error_s, seen.stale_s)).collect();
    let failed =
        if cell.failed.is_empty() { String::new() } else { format!(" ({} came to nothing)", cell.failed.len()) };
    let did = if cell.did.is_empty() { String::new() } else { format!(" [{}]", cell.did.join("; ")) };
    format!(
        "{} under {}: error-/stale-seconds {}{failed}{did}",
        cell.fault.name(),
        cell.policy.name(),
        seconds.join(", ")
    )
}
