//! P4: how fast a log is scanned for rules, beside ripgrep and a count of newlines.

mod log;
pub(crate) mod part;
mod sets;

use crate::child::{self, Ran};
use crate::command::Setup;
use crate::machine::{Machine, available_memory};
use crate::sheet::{Limit, Sheet};
use crate::stats::slope;
use anyhow::Context;
pub(crate) use sets::Set;
use std::path::Path;
use std::process::Command;

const OURS: &str = "fault-router";
const PEER: &str = "ripgrep";
const FLOOR: &str = "newline count";
/// The log in which every third line nearly matches.
const HARD: &str = "regexes20, every third line a near miss";
const SPEED: &str = "GB per CPU second";
/// Room for a file of this size and everything else, as a multiple of the size.
const ROOM: f64 = 1.5;

/// Sizes and how often.
struct Plan {
    bytes: usize,
    rounds: usize,
    slope_rounds: usize,
}

/// Measures the row.
pub(crate) fn measure(setup: &Setup) -> anyhow::Result<Sheet> {
    let plan = match setup.smoke {
        true => Plan { bytes: 2_000_000, rounds: 2, slope_rounds: 1 },
        false => Plan { bytes: 1_000_000_000, rounds: 5, slope_rounds: 2 },
    };
    let mut sheet = Sheet::new("p4", "scan throughput", Machine::begin());
    let ripgrep = child::find("rg");
    if ripgrep.is_none() {
        sheet.lacks("ripgrep: `rg` is not on this machine (`apt-get install ripgrep`)");
    }
    sheet.lacks("Fluent Bit: no package of this distribution");
    let file = setup.work.join("base.log");
    let log = log::write(&file, plan.bytes, log::ORDINARY)?;
    sheet.note(format!(
        "{:.2} GB of made-up log, {} lines, a hit in about {} of them, one in {} nearly one; in the page cache; each contender is a process that prints \
         or keeps the offset and text of every hit",
        log.bytes as f64 / 1e9,
        log.lines,
        log::LINES_A_HIT,
        log::ORDINARY
    ));
    if ripgrep.is_some() {
        sheet.note("ripgrep: `rg --no-config -a -b -N`, literals with `-F`; its figure counts its start, as ours does; it found as many hits");
    }
    let hard = file.with_extension("hard");
    let hard_log = log::write(&hard, plan.bytes / 10, log::HARD)?;
    let peer = ripgrep.as_deref();
    for _ in 0..plan.rounds {
        for set in Set::ALL {
            compare(&mut sheet, &set.to_string(), set, &file, log.bytes, peer)?;
        }
        compare(&mut sheet, HARD, Set::Regexes20, &hard, hard_log.bytes, peer)?;
        floor(&mut sheet, &file, log.bytes)?;
    }
    grow(&mut sheet, &plan, &file)?;
    judge(&mut sheet);
    Ok(sheet)
}

/// Ours and ripgrep, one after the other; both must find the same.
fn compare(
    sheet: &mut Sheet,
    what: &str,
    set: Set,
    file: &Path,
    bytes: u64,
    ripgrep: Option<&Path>,
) -> anyhow::Result<()> {
    let ran = scan(set, file)?;
    let said = part::Said::parse(&ran.said)?;
    anyhow::ensure!(said.bytes == bytes, "{} of {bytes} bytes were scanned", said.bytes);
    sheet.sample(what, OURS, SPEED, speed(bytes, &ran));
    sheet.sample(what, OURS, "MiB at most", said.peak as f64 / f64::from(1 << 20));
    if let Some(ripgrep) = ripgrep {
        let ran = ask_ripgrep(ripgrep, set, file)?;
        sheet.sample(what, PEER, SPEED, speed(bytes, &ran));
        let found = memchr::memchr_iter(b'\n', &ran.said).count() as u64;
        anyhow::ensure!(said.hits == found, "{what}: {} hits here, {found} of ripgrep", said.hits);
    }
    Ok(())
}

fn scan(set: Set, file: &Path) -> anyhow::Result<Ran> {
    child::run(child::own(&["scan", &set.to_string()])?.arg(file), &[0])
}

fn ask_ripgrep(ripgrep: &Path, set: Set, file: &Path) -> anyhow::Result<Ran> {
    let mut command = Command::new(ripgrep);
    command.args(["--no-config", "-a", "-b", "-N"]).args(set.is_literal().then_some("-F"));
    for wanted in set.wanted() {
        command.args(["-e", &wanted]);
    }
    // It says 1 when there is no hit.
    child::run(command.arg("--").arg(file), &[0, 1])
}

fn floor(sheet: &mut Sheet, file: &Path, bytes: u64) -> anyhow::Result<()> {
    let ran = child::run(child::own(&["newlines"])?.arg(file), &[0])?;
    sheet.sample("floor", FLOOR, SPEED, speed(bytes, &ran));
    Ok(())
}

fn speed(bytes: u64, ran: &Ran) -> f64 {
    bytes as f64 / 1e9 / ran.cpu.max(1e-6)
}

/// A tenth of the file, the file, and ten times the file where there is memory for it.
fn grow(sheet: &mut Sheet, plan: &Plan, file: &Path) -> anyhow::Result<()> {
    let small = file.with_extension("small");
    log::write(&small, plan.bytes / 10, log::ORDINARY)?;
    let mut sizes = vec![small, file.to_owned()];
    if available_memory() as f64 > plan.bytes as f64 * 10.0 * ROOM {
        let large = file.with_extension("large");
        log::repeat(file, &large, 10)?;
        sizes.push(large);
    } else {
        sheet.lacks("ten times the file: there is no memory to keep it in the page cache");
    }
    for set in [Set::Literals3, Set::Regexes20] {
        let mut points = Vec::new();
        for file in &sizes {
            let bytes = file.metadata().with_context(|| format!("cannot read {}", file.display()))?.len();
            let what = format!("{set}, {} MB", bytes / 1_000_000);
            for _ in 0..plan.slope_rounds {
                let ran = scan(set, file)?;
                sheet.sample(&what, OURS, "CPU ms", ran.cpu * 1e3);
                let peak = part::Said::parse(&ran.said)?.peak;
                sheet.sample(&what, OURS, "MiB at most", peak as f64 / f64::from(1 << 20));
            }
            points.extend(sheet.median(&what, OURS, "CPU ms").map(|ms| (bytes as f64, ms)));
        }
        if let Some(slope) = slope(&points) {
            sheet.note(format!("{set}: CPU time grows with the size to the power of {slope:.2} (log–log slope)"));
        }
    }
    Ok(())
}

fn judge(sheet: &mut Sheet) {
    let against = |sheet: &Sheet, set: Set| sheet.ratio(&set.to_string(), SPEED, OURS, PEER);
    let (three, twenty, hundred) =
        (against(sheet, Set::Literals3), against(sheet, Set::Regexes20), against(sheet, Set::Literals100));
    sheet.want_ratio("3 literals: speed of ripgrep", three, Limit::AtLeast(0.9));
    sheet.want_ratio("20 regexes: speed of ripgrep", twenty, Limit::AtLeast(3.0));
    if let Some(hundred) = hundred {
        sheet.note(format!("100 literals: {hundred:.2} × ripgrep's speed (no goal of its own)"));
    }
    if let Some(hard) = sheet.ratio(HARD, SPEED, OURS, PEER) {
        sheet.note(format!("{HARD}: {hard:.2} × ripgrep's speed (no goal of its own)"));
    }
    sheet.want_ratio("any rules: speed of Fluent Bit", None, Limit::AtLeast(15.0));
    let peaks = sheet.series.iter().filter(|series| series.unit == "MiB at most");
    let most = peaks.flat_map(|series| series.samples.iter().copied()).reduce(f64::max);
    sheet.want("memory at most, whatever the file", most, Limit::AtMost(16.0), "MiB");
}
