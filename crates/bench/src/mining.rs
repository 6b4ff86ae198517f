//! `bench mining`: how well lines are grouped by what they say, beside drain3 on the same lines.

mod contender;
mod page;
mod score;
mod table;

use crate::machine::Machine;
use anyhow::{Context, ensure};
use contender::{Contender, OURS};
use score::{Score, mean, score};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the name of a system's table ends with.
const TABLE: &str = "_2k.log_structured_corrected.csv";
/// The systems that the grouping was tuned on, and nothing else.
const TUNED: [&str; 8] = ["Apache", "BGL", "HDFS", "Hadoop", "Linux", "OpenSSH", "Spark", "Zookeeper"];
/// Drain's published average of the grouping accuracy, over 14 systems.
const GOAL: f64 = 0.850;

/// What is asked of the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder with the tables `SYSTEM_2k.log_structured_corrected.csv` of LogHub.
    #[arg(long, env = "LOGHUB")]
    loghub: PathBuf,
    /// The program that groups lines with our miner.
    #[arg(long, default_value = "target/release/examples/group")]
    miner: PathBuf,
    /// A Python that has drain3; without it drain3 is not measured.
    #[arg(long, default_value = "target/drain3/bin/python")]
    python: PathBuf,
    /// The page with the results; it is written when all systems are there that the grouping was tuned on.
    #[arg(long, default_value = "docs/results/mining.md")]
    document: PathBuf,
    /// The folder for mining.json.
    #[arg(long, default_value = "docs/results")]
    out: PathBuf,
}

/// A system's lines and what they are.
struct System {
    name: String,
    truth: Vec<String>,
    /// A file with the lines.
    path: PathBuf,
}

/// What a contender came to.
#[derive(Debug, Default, Serialize)]
struct Result {
    /// By system.
    scores: BTreeMap<String, Score>,
    /// How many groups became one with another after they began, over all systems.
    absorbed: usize,
    lines_per_cpu_second: f64,
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
struct Results {
    lines: usize,
    /// The systems that the grouping was not tuned on.
    unseen: Vec<String>,
    contenders: BTreeMap<String, Result>,
    lacks: Vec<String>,
}

/// Measures, prints, and writes the page. Fails when our average is below Drain's.
///
/// # Errors
/// When the folder holds no table, a contender fails, or a file cannot be written.
pub(crate) fn run(arguments: &Arguments, work: &Path) -> anyhow::Result<()> {
    let systems = systems(&arguments.loghub, work)?;
    ensure!(arguments.miner.is_file(), "{} is not there: run scripts/bench-mining", arguments.miner.display());
    let mut machine = Machine::begin();
    let mut results = Results { lines: systems.iter().map(|system| system.truth.len()).sum(), ..Results::default() };
    let names = systems.iter().map(|system| &system.name);
    results.unseen = names.filter(|name| !TUNED.contains(&name.as_str())).cloned().collect();
    let mut contenders = vec![Contender::ours(&arguments.miner)];
    if arguments.python.is_file() {
        contenders.extend(Contender::drain3(&arguments.python, work)?);
    } else {
        results.lacks.push("drain3: it could not be installed".to_owned());
    }
    for contender in contenders {
        let result = measure(&contender, &systems)?;
        results.contenders.insert(contender.name.to_owned(), result);
    }
    machine.end();
    keep(arguments, &results, &machine)
}

/// Reads the tables, and writes each system's lines for the contenders.
fn systems(folder: &Path, work: &Path) -> anyhow::Result<Vec<System>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read LOGHUB={}", folder.display()))?;
    let mut systems = Vec::new();
    for entry in entries {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(TABLE) else { continue };
        let text = std::fs::read_to_string(entry.path())?;
        let cells = table::columns(&text, ["Content", "EventTemplate"]).with_context(|| format!("in {file}"))?;
        let line = |text: &str| text.replace(['\n', '\r'], " ") + "\n";
        let path = work.join(format!("{name}.txt"));
        std::fs::write(&path, cells.iter().map(|[content, _]| line(content)).collect::<String>())?;
        systems.push(System {
            name: name.to_owned(),
            truth: cells.into_iter().map(|[_, truth]| truth).collect(),
            path,
        });
    }
    ensure!(
        !systems.is_empty(),
        "LOGHUB names a folder without SYSTEM{TABLE}: the corrected 2k samples of LogHub are wanted"
    );
    systems.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(systems)
}

fn measure(contender: &Contender, systems: &[System]) -> anyhow::Result<Result> {
    let mut result = Result::default();
    for system in systems {
        let grouping = contender.group(&system.path)?;
        let (lines, groups) = (system.truth.len(), grouping.groups.len());
        ensure!(lines == groups, "{} told {groups} groups for {lines} lines of {}", contender.name, system.name);
        let score = score(&grouping, &system.truth);
        println!("{} {}: GA {:.3}, FGA {:.3}", contender.name, system.name, score.ga, score.fga);
        result.absorbed += grouping.absorbed;
        result.scores.insert(system.name.clone(), score);
    }
    let files: Vec<&Path> = systems.iter().map(|system| system.path.as_path()).collect();
    let lines = systems.iter().map(|system| system.truth.len()).sum();
    result.lines_per_cpu_second = contender.speed(&files, lines)?;
    Ok(result)
}

impl Result {
    /// The average over the systems that a predicate takes.
    fn average(&self, of: impl Fn(&str) -> bool) -> Option<Score> {
        let scores: Vec<Score> = self.scores.iter().filter(|(name, _)| of(name)).map(|(_, score)| *score).collect();
        (!scores.is_empty()).then(|| mean(&scores))
    }
}

fn keep(arguments: &Arguments, results: &Results, machine: &Machine) -> anyhow::Result<()> {
    let page = page::page(results, machine);
    println!("{page}");
    let ours = results.contenders.get(OURS).context("nothing was measured")?;
    if TUNED.iter().all(|name| ours.scores.contains_key(*name)) {
        let before = std::fs::read_to_string(&arguments.document).unwrap_or_default();
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write(&arguments.document, &page::with_rest(&page, &before))?;
        write(&arguments.out.join("mining.json"), &(serde_json::to_string_pretty(results)? + "\n"))?;
    }
    let average = ours.average(|_| true).unwrap_or_default().ga;
    ensure!(average >= GOAL, "the average grouping accuracy is {average:.3}; {GOAL} was wanted");
    Ok(())
}
