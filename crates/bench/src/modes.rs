//! `bench modes`: the failure modes that are healed while the target runs, each really injected, beside Monit.

mod cases;
mod kubernetes;
mod monit;
mod once;
mod page;
mod platform;

use crate::machine::Machine;
use crate::stats::Spread;
use anyhow::{Context, ensure};
use cases::Case;
use once::Run;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is asked of the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How often each failure is injected.
    #[arg(long, default_value_t = 10)]
    runs: u32,
    /// Only failures whose name contains this. The page is not written then.
    #[arg(long)]
    only: Option<String>,
    /// The page with the results.
    #[arg(long, default_value = "docs/results/failure-modes.md")]
    document: PathBuf,
    /// The folder for failure-modes.json.
    #[arg(long, default_value = "docs/results")]
    out: PathBuf,
    /// What the conformance suite brought, for the section on Kubernetes.
    #[arg(long, value_name = "FILE")]
    kubernetes: Option<PathBuf>,
    /// A folder for what is broken; what is made in it is removed.
    #[arg(long, default_value = "/var/tmp")]
    work: PathBuf,
}

/// What became of a failure.
#[derive(Debug, Serialize)]
struct Outcome {
    mode: u32,
    name: String,
    injected: String,
    limit_s: u64,
    runs: Vec<Run>,
    /// Why runs came to nothing.
    failed: Vec<String>,
}

/// A failure that Monit can watch, too: from its beginning to its cure, milliseconds.
#[derive(Debug, Serialize)]
struct Beside {
    name: String,
    n: usize,
    monit: Option<Spread>,
    ours: Option<Spread>,
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
struct Results {
    every_ms: u64,
    minutes: f64,
    modes: Vec<Outcome>,
    /// What was not measured, and why.
    missing: Vec<String>,
    monit: Vec<Beside>,
    /// The conditions of a workload.
    kubernetes: Option<kubernetes::Figures>,
    /// Through the whole platform.
    platform: Vec<platform::Run>,
    machine: Option<Machine>,
}

/// Measures.
///
/// # Errors
/// When a failure was not cured, or the results cannot be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut machine, begun) = (Machine::begin(), Instant::now());
    let mut results = Results { every_ms: once::EVERY.as_millis() as u64, ..Results::default() };
    let wanted = |case: &Case| arguments.only.as_ref().is_none_or(|only| case.name.contains(only.as_str()));
    for case in cases::all().into_iter().filter(wanted) {
        let outcome = measure(&case, arguments)?;
        println!("{}. {}: {} cured, {} not", case.mode, case.name, outcome.runs.len(), outcome.failed.len());
        results.modes.push(outcome);
    }
    results.monit = monit::beside(arguments.runs, arguments.only.as_deref(), &results, &arguments.work)?;
    if arguments.only.is_none() {
        results.platform = platform::measure(arguments.runs)?;
    }
    results.kubernetes = arguments.kubernetes.as_deref().map(kubernetes::read).transpose()?;
    if results.kubernetes.is_none() {
        results.missing.push("the Kubernetes conditions: no API server could be had (make test-k8s)".to_owned());
    }
    results.missing.extend(monit::missing());
    machine.end();
    results.minutes = begun.elapsed().as_secs_f64() / 60.0;
    let page = page::page(&results, &machine);
    println!("\n{page}");
    results.machine = Some(machine);
    if arguments.only.is_none() {
        std::fs::write(&arguments.document, &page).with_context(|| arguments.document.display().to_string())?;
        let json = serde_json::to_vec_pretty(&results)?;
        std::fs::write(arguments.out.join("failure-modes.json"), json)?;
    }
    let ill = results.modes.iter().filter(|one| !one.failed.is_empty()).map(|one| one.name.as_str());
    let ill: Vec<&str> = ill.chain(results.kubernetes.iter().flat_map(kubernetes::Figures::ill)).collect();
    ensure!(ill.is_empty(), "not every run could be made: {}", ill.join(", "));
    Ok(())
}

fn measure(case: &Case, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let (mut runs, mut failed) = (Vec::new(), Vec::new());
    for at in 0..arguments.runs {
        match (case.run)(folder(&arguments.work)?.path(), pause(at)) {
            Ok(run) => runs.push(run),
            Err(error) => failed.push(format!("{error:#}")),
        }
    }
    failed.iter().for_each(|why| println!("  {}: {why}", case.name));
    let Case { mode, name, injected, limit_s, .. } = case;
    let (name, injected) = ((*name).to_owned(), (*injected).to_owned());
    Ok(Outcome { mode: *mode, name, injected, limit_s: *limit_s, runs, failed })
}

fn folder(work: &Path) -> anyhow::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("kintsugi-modes-").tempdir_in(work).context("no folder for what is broken")
}

/// Not in step with the looks: spread over two of them.
fn pause(at: u32) -> Duration {
    Duration::from_millis(300 + u64::from(at.wrapping_mul(137) % 400))
}
