//! The command line: a row to be measured, or the part of one that is a process of its own.

use crate::sheet::{Sheet, Verdict};
use crate::{document, errors, gates, learning, mining, modes, p1, p3, p4, p9, p10, p11, planners, storm};
use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Measures the rows of the performance table beside their peers and floors.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures one row, prints it, and writes `ROW.json`, `ROW.md` and the row's section of the document.
    Measure(Measure),
    /// Hands cheats, wrong patches and right ones to the admission gates, and counts what they let through and what they refuse.
    Gates(gates::Arguments),
    /// Hostile log lines and planners that nobody should trust, through the whole product; counts what came of them.
    Planners(planners::Arguments),
    /// What a model cured once is cured without one: rate, model calls, time, false fires, through the whole product.
    Learning(learning::Arguments),
    /// Many alerts, few causes: what is merged, held against what was injected, beside simpler ways.
    Storm(storm::Arguments),
    /// The failure modes that are healed while the target runs, each really injected, beside Monit.
    Modes(modes::Arguments),
    /// What a client at a constant rate sees of a fault, under policies from none at all to the whole platform.
    Errors(errors::Arguments),
    /// How well log lines are grouped by what they say, and how fast, beside drain3 on the same lines.
    Mining(mining::Arguments),
    /// A process that a row needs; not for people.
    #[command(hide = true, subcommand)]
    Part(Part),
}

#[derive(Debug, clap::Args)]
struct Measure {
    /// Which row.
    row: Row,
    /// The folder for ROW.json and ROW.md.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// The document that holds every row's last results.
    #[arg(long, default_value = "docs/results/performance.md")]
    document: PathBuf,
    /// A folder for big files; what is made in it is removed.
    #[arg(long, default_value = "/var/tmp")]
    work: PathBuf,
    /// Small sizes: shows that it works, its figures say nothing, and the document is left alone.
    #[arg(long)]
    smoke: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Row {
    /// A code fault healed.
    P1,
    /// Detection latency.
    P3,
    /// Scan throughput.
    P4,
    /// An event to many subscribers.
    P9,
    /// Retrieval.
    P10,
    /// Footprint.
    P11,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Scans a file.
    Scan {
        /// For which rules.
        set: p4::Set,
        /// Which file.
        file: PathBuf,
    },
    /// Counts a file's lines.
    Newlines {
        /// Which file.
        file: PathBuf,
    },
    /// Publishes through the hub.
    Hub,
    /// Writes to one socket after the other.
    Raw,
}

/// What a row is given.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// A folder of its own, removed afterwards.
    pub(crate) work: PathBuf,
    /// A folder that is kept from run to run.
    pub(crate) kept: PathBuf,
    /// Whether only to show that it works.
    pub(crate) smoke: bool,
}

/// Does what the command line says.
///
/// # Errors
/// When a row cannot be measured at all, or a file cannot be written.
pub fn run() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Measure(measure) => measure.run(),
        Command::Gates(arguments) => gates::run(&arguments, folder_in(Path::new("/var/tmp"))?.path()),
        Command::Planners(arguments) => planners::run(&arguments),
        Command::Learning(arguments) => learning::run(&arguments, folder_in(Path::new("/var/tmp"))?.path()),
        Command::Storm(arguments) => storm::run(&arguments),
        Command::Modes(arguments) => modes::run(&arguments),
        Command::Errors(arguments) => errors::run(&arguments),
        Command::Mining(arguments) => mining::run(&arguments, folder_in(Path::new("/var/tmp"))?.path()),
        Command::Part(part) => part.run(),
    }
}

impl Part {
    fn run(self) -> anyhow::Result<()> {
        match self {
            Part::Scan { set, file } => p4::part::scan(set, &file),
            Part::Newlines { file } => p4::part::newlines(&file),
            Part::Hub => p9::part::hub(),
            Part::Raw => p9::part::raw(),
        }
    }
}

impl Measure {
    fn run(self) -> anyhow::Result<()> {
        let folder = folder_in(&self.work)?;
        let setup = Setup { work: folder.path().to_owned(), kept: self.out.clone(), smoke: self.smoke };
        let mut sheet = match self.row {
            Row::P1 => p1::measure(&setup)?,
            Row::P3 => p3::measure(&setup)?,
            Row::P4 => p4::measure(&setup)?,
            Row::P9 => p9::measure(&setup)?,
            Row::P10 => p10::measure(&setup)?,
            Row::P11 => p11::measure(&setup)?,
        };
        sheet.finish();
        self.keep(&sheet)
    }

    fn keep(&self, sheet: &Sheet) -> anyhow::Result<()> {
        let section = document::section(sheet);
        println!("{section}");
        let missed = sheet.goals.iter().filter(|goal| goal.verdict() == Verdict::Missed).count();
        println!("{}: {} goals, {missed} missed", sheet.row, sheet.goals.len());
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let json = serde_json::to_string_pretty(sheet)?;
        write(&self.out.join(format!("{}.json", sheet.row)), &json)?;
        write(&self.out.join(format!("{}.md", sheet.row)), &section)?;
        if self.smoke {
            return Ok(());
        }
        let before = std::fs::read_to_string(&self.document).unwrap_or_default();
        write(&self.document, &document::with_sections(&before, &[(sheet.row.clone(), section)]))
    }
}

/// A folder of its own, removed with what this answers.
fn folder_in(work: &Path) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("bench-").permissions(open_to_others()).tempdir_in(work);
    folder.with_context(|| format!("cannot make a folder in {}", work.display()))
}

/// PostgreSQL runs as another user, who must get to its folder.
fn open_to_others() -> std::fs::Permissions {
    std::fs::Permissions::from_mode(0o755)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
