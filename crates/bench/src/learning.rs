//! `bench learning`: what a language model cured once is cured without one, measured through the whole product.

mod families;
mod healthy;
mod page;
mod stage;
mod told;

use crate::machine::Machine;
use anyhow::{Context, ensure};
use families::Family;
use healthy::Healthy;
use serde::Serialize;
use stage::{Healed, Stage};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is asked of the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A folder with families that nobody here has seen, in place of our own; the page is not written then.
    #[arg(long, env = "FAMILIES")]
    families: Option<PathBuf>,
    /// Only families whose name contains this. The page is not written then.
    #[arg(long)]
    only: Option<String>,
    /// After so many minutes no other instance is begun; what was not run is named.
    #[arg(long, default_value_t = 18)]
    minutes: u64,
    /// The page with the results.
    #[arg(long, default_value = "docs/results/learning.md")]
    document: PathBuf,
    /// The folder for learning.json.
    #[arg(long, default_value = "docs/results")]
    out: PathBuf,
}

/// What became of a family.
#[derive(Debug, Serialize)]
struct Outcome {
    name: String,
    what: String,
    /// The instance that a model healed.
    first: Healed,
    /// The rule that came of it.
    rule: Option<serde_json::Value>,
    /// Of how many healthy files it would change some, and which.
    healthy: usize,
    fired: Vec<String>,
    /// The other instances, with models switched off.
    others: Vec<Healed>,
    not_run: usize,
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
struct Results {
    families: Vec<Outcome>,
    /// How often the provider was asked: while models were on, and afterwards.
    calls_on: usize,
    calls_off: usize,
    minutes: f64,
}

/// Measures, prints, and writes the page. Fails when a model was asked with models switched off, or a rule fired on healthy code.
///
/// # Errors
/// When the stack does not come up, a family is none, or a file cannot be written.
pub(crate) fn run(arguments: &Arguments, work: &Path) -> anyhow::Result<()> {
    let own = std::env::current_dir()?.join("crates/bench/families");
    let mut families = families::all(arguments.families.as_deref().unwrap_or(&own))?;
    families.retain(|family| arguments.only.as_deref().is_none_or(|only| family.name.contains(only)));
    ensure!(!families.is_empty(), "no family is left");
    let healthy = Healthy::split(&work.join("healthy"))?;
    println!(
        "{} families; healthy files: {} for trials, {} unseen",
        families.len(),
        healthy.known,
        healthy.unseen.len()
    );
    let mut machine = Machine::begin();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let results = runtime.block_on(measure(arguments, &families, &healthy))?;
    machine.end();
    keep(arguments, &results, &machine)
}

async fn measure(arguments: &Arguments, families: &[Family], healthy: &Healthy) -> anyhow::Result<Results> {
    let (begun, limit) = (Instant::now(), Duration::from_secs(arguments.minutes * 60));
    let mut results = Results::default();
    let mut stage = Stage::start(&healthy.folder).await?;
    for family in families {
        let first = family.instances.first().context("a family has a first instance")?;
        let (first, rule) = stage.teach(family, first).await?;
        println!("{}: {}", family.name, first.told());
        let fired = rule.as_ref().map(|rule| healthy.fired(rule)).transpose()?.unwrap_or_default();
        let (name, what) = (family.name.clone(), family.what.clone());
        let outcome =
            Outcome { name, what, first, rule, healthy: healthy.unseen.len(), fired, others: Vec::new(), not_run: 0 };
        results.families.push(outcome);
    }
    results.calls_on = stage.calls();
    stage = stage.without_models().await?;
    println!("models are switched off");
    for (family, outcome) in families.iter().zip(&mut results.families) {
        for instance in family.instances.iter().skip(1) {
            if begun.elapsed() > limit {
                outcome.not_run += 1;
                continue;
            }
            let healed = stage.heal(family, instance).await?;
            println!("{} {}: {}", family.name, instance.number, healed.told());
            outcome.others.push(healed);
        }
    }
    results.calls_off = stage.calls() - results.calls_on;
    results.minutes = begun.elapsed().as_secs_f64() / 60.0;
    Ok(results)
}

fn keep(arguments: &Arguments, results: &Results, machine: &Machine) -> anyhow::Result<()> {
    let page = page::page(results, machine);
    println!("{page}");
    if arguments.families.is_none() && arguments.only.is_none() {
        let before = std::fs::read_to_string(&arguments.document).unwrap_or_default();
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write(&arguments.document, &page::with_rest(&page, &before))?;
        write(&arguments.out.join("learning.json"), &serde_json::to_string_pretty(results)?)?;
    }
    let fired: usize = results.families.iter().map(|family| family.fired.len()).sum();
    ensure!(results.calls_off == 0, "a model was asked {} times with models switched off", results.calls_off);
    ensure!(fired == 0, "{fired} false fires on healthy files");
    Ok(())
}
