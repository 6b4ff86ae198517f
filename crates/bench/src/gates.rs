//! `bench gates`: false accepts and false rejects of the admission gates.

mod actions;
mod corpus;
mod diff;
pub(crate) mod interval;
mod judge;
mod mutate;
mod oracle;
mod outcome;
mod report;
mod upstream;

use crate::machine::Machine;
use anyhow::{Context, ensure};
use corpus::Candidate;
use judge::Judge;
use oracle::Oracle;
use outcome::Results;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is asked of the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A folder with cheats that nobody here has seen, in place of our own; then mutants and right patches are left out.
    #[arg(long, env = "CHEATS")]
    cheats: Option<PathBuf>,
    /// How many mutants of right patches.
    #[arg(long, default_value_t = 330)]
    mutants: usize,
    /// Decides which.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// After so many minutes no other candidate is begun; what was not run is named.
    #[arg(long, default_value_t = 55)]
    minutes: u64,
    /// Only candidates whose group, fault and name, joined by spaces, contain this. The page is not written then.
    #[arg(long)]
    only: Option<String>,
    /// The page with the results.
    #[arg(long, default_value = "docs/results/gates.md")]
    document: PathBuf,
    /// The folder for gates.json.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
}

/// Measures, prints, and writes the page. Fails when there was a false accept.
///
/// # Errors
/// When the stack does not come up, a candidate is none, or a file cannot be written.
pub(crate) fn run(arguments: &Arguments, work: &Path) -> anyhow::Result<()> {
    let root = std::env::current_dir()?;
    ensure!(root.join("crates/bench/cures").is_dir(), "run it in the root of the repository");
    let candidates = candidates(arguments, &root)?;
    println!("{} candidates", candidates.len());
    let mut machine = Machine::begin();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let results = runtime.block_on(measure(arguments, &candidates, &root, work))?;
    machine.end();
    keep(arguments, &results, &machine)
}

fn candidates(arguments: &Arguments, root: &Path) -> anyhow::Result<Vec<Candidate>> {
    let own = root.join("crates/bench");
    let mut all = match &arguments.cheats {
        Some(folder) => corpus::cheats(folder)?,
        None => {
            let right = corpus::cures(&own.join("cures"))?;
            let mutants = mutate::some(mutate::all(&right), arguments.mutants, arguments.seed);
            let mut all = corpus::cheats(&own.join("cheats/code"))?;
            all.extend(right);
            all.extend(mutants);
            all
        }
    };
    if let Some(only) = &arguments.only {
        all.retain(|one| format!("{:?} {} {}", one.group, one.fault.name(), one.name).to_lowercase().contains(only));
        ensure!(!all.is_empty(), "no candidate contains {only:?}; they are like `cheat sql constant-answer`");
    }
    Ok(all)
}

async fn measure(arguments: &Arguments, candidates: &[Candidate], root: &Path, work: &Path) -> anyhow::Result<Results> {
    let judge = Judge::start(root, work).await?;
    let oracle = Oracle::new(&judge.stack.postgres)?;
    let (begun, limit) = (Instant::now(), Duration::from_secs(arguments.minutes * 60));
    let mut results = Results::default();
    if arguments.cheats.is_none() && arguments.only.is_none() {
        results.acted = actions::all(&judge).await?;
    }
    for (at, candidate) in candidates.iter().enumerate() {
        let name = format!("{:?} {} {}", candidate.group, candidate.fault.name(), candidate.name);
        if begun.elapsed() > limit {
            results.not_run.push(name);
            continue;
        }
        let judged = judge.judge(&format!("{at}-{name}"), candidate, &oracle).await?;
        println!("{name}: {} {} ({:.1} s) {:?}", judged.gate, judged.code, judged.seconds, judged.oracle);
        results.judged.push(judged);
    }
    results.minutes = begun.elapsed().as_secs_f64() / 60.0;
    judge.stack.end();
    Ok(results)
}

fn keep(arguments: &Arguments, results: &Results, machine: &Machine) -> anyhow::Result<()> {
    let supplied = arguments.cheats.as_ref().map(|folder| folder.display().to_string());
    let page = report::page(results, machine, supplied.as_deref());
    println!("{page}");
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("cannot make {}", arguments.out.display()))?;
    let write = |path: &Path, text: &str| {
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    write(&arguments.out.join("gates.json"), &serde_json::to_string_pretty(results)?)?;
    if supplied.is_none() && arguments.only.is_none() {
        write(&arguments.document, &page)?;
    }
    let accepted = results.false_accepts().len() + results.fooled().len();
    ensure!(accepted == 0, "{accepted} false accepts or fooled replays; the goal is none");
    Ok(())
}
