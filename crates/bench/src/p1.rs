//! P1: a code fault healed, beside the same chain glued together by hand. The platform's figures are those of the last demo run.

mod chain;
mod report;

use crate::command::Setup;
use crate::machine::Machine;
use crate::sheet::{Limit, Sheet};
use crate::stand::Stand;
use anyhow::Context;
use chain::Chain;
use kintsugi::stack::databases;
use report::{Fault, Report};
use std::path::Path;

const OURS: &str = "kintsugi, demo report";
const CHAIN: &str = "chain glued by hand";
const WHOLE: &str = "line → replayed";
const SHARE: &str = "platform's own share";
/// The fault that the chain heals, too.
const FAULT: &str = "FAULT_SQL_INJECTION_TEST";
const REPORT: &str = ".kintsugi/demo/report.json";
const CHECKOUT: &str = "crates/fault-app";

/// Measures the row.
pub(crate) fn measure(setup: &Setup) -> anyhow::Result<Sheet> {
    let rounds = if setup.smoke { 1 } else { 5 };
    let mut sheet = Sheet::new("p1", "code fault healed", Machine::begin());
    match std::fs::read_to_string(REPORT) {
        Ok(text) => ours(&mut sheet, &serde_json::from_str(&text).with_context(|| format!("cannot use {REPORT}"))?),
        Err(_) => sheet.lacks(format!("kintsugi: there is no {REPORT}; run `make demo-cycle` before")),
    }
    let stand = Stand::start(&setup.work)?;
    databases::of_target(&stand.postgres, &stand.layout, "fault_app", "fault-app-database-url")?;
    let url = std::fs::read_to_string(stand.layout.secret("fault-app-database-url"))?;
    let folder = std::path::absolute(setup.kept.join("p1"))?;
    let chain = Chain::prepare(Path::new(CHECKOUT), &folder, url)?;
    for _ in 0..rounds {
        for (step, ms) in chain.heal()? {
            sheet.sample(step, CHAIN, "ms", ms);
        }
    }
    sheet.note(
        "the chain: inotify, the one known diff, `git commit` and `push` to a file remote, `cargo build` in a warm folder, start, \
         health, replay; it tests, proves, switches and remembers nothing",
    );
    sheet.note("kintsugi's figures come from the last `make demo-cycle`, a debug build, and count from the line in the log too");
    let found = sheet.median(WHOLE, OURS, "ms").zip(sheet.median(WHOLE, CHAIN, "ms")).map(|(ours, chain)| ours / chain);
    sheet.want_ratio("line → replayed, of the chain glued by hand", found, Limit::AtMost(1.3));
    let share = sheet.median(SHARE, OURS, "ms");
    sheet.want("the platform's own share", share, Limit::AtMost(50.0), "ms");
    Ok(sheet)
}

fn ours(sheet: &mut Sheet, report: &Report) {
    let built: Vec<&Fault> = report.faults.iter().filter(|fault| fault.code == FAULT && fault.was_built()).collect();
    if built.is_empty() {
        sheet.lacks(format!(
            "kintsugi: {REPORT} tells of no {FAULT} whose cure was compiled; run `make demo-cycle` in a clean clone"
        ));
    }
    for fault in built {
        let figures = [(WHOLE, fault.line_to_replayed()), (SHARE, fault.platform_ms)];
        figures.into_iter().filter_map(|(what, ms)| Some((what, ms?))).for_each(|(what, ms)| {
            sheet.sample(what, OURS, "ms", ms);
        });
    }
    sheet.note(format!("the demo report is of {}", report.date));
}
