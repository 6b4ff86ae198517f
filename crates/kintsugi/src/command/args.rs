//! The command line as it is written.

use super::help;
use super::operations::Operations;
use clap::{Args, Parser, Subcommand};
use kintsugi::output::Format;
use std::path::PathBuf;
use wire::incident::Status;
use wire::plan::Verdict;
use wire::{Digest, FaultCode, IncidentId, TargetName};

/// Kintsugi notices faults of running services, heals them, and proves it.
#[derive(Debug, Parser)]
#[command(name = "kintsugi", version, after_help = help::ALL)]
pub(crate) struct Cli {
    /// The folder of the local stack: its databases, logs, secrets, remotes and reports.
    #[arg(long, global = true, default_value = ".kintsugi", value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// How to answer. With `json`, standard output is one JSON document; progress and errors go to standard error.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Brings the local stack up and keeps it up until Ctrl-C, which leaves no process behind.
    #[command(after_help = help::UP)]
    Up,
    /// Brings the stack up, fires each fault, watches it being healed, resets, and does it all again.
    #[command(after_help = help::DEMO)]
    Demo(DemoArgs),
    /// Says what this machine lacks for the local stack, why it matters, and the command that mends it.
    #[command(after_help = help::DOCTOR)]
    Doctor,
    /// Shows the running stack: services, whether healing goes on, and the live version of each target.
    #[command(after_help = help::STATUS)]
    Status,
    /// Shows incidents of a running stack, checks their records, and says a person's word.
    Incidents {
        #[command(subcommand)]
        what: Incidents,
    },
    /// Hands failed calls of a target over: what failed them is healed, they are repeated and answered.
    Operations {
        #[command(subcommand)]
        what: Operations,
    },
    /// Shows how the resources are that are looked after while the targets run, and what stands in place for the time being.
    #[command(after_help = help::RESOURCES)]
    Resources {
        /// Only this target's.
        #[arg(long, value_name = "NAME")]
        target: Option<TargetName>,
    },
    /// Shows, searches and fills the knowledge base of a running stack.
    Kb {
        #[command(subcommand)]
        what: Kb,
    },
    /// Restores the original fault files of every target and begins a new epoch; healing pauses until `resume`.
    #[command(after_help = help::RESET)]
    Reset,
    /// Pauses healing: incidents are recorded and wait.
    Pause,
    /// Lets healing go on after `pause` or `reset`.
    Resume,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How often to fire, heal and reset everything.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20), value_name = "N")]
    pub(crate) cycles: u32,
    /// Only this fault, by its name in the demo file; may be given several times.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
    /// What is fired, and what the constant-rate client asks for.
    #[arg(long, default_value = kintsugi::demo::scene::FILE, value_name = "FILE")]
    pub(crate) scene: PathBuf,
    /// CPU seconds that building took, for the report.
    #[arg(long, default_value_t = 0.0, hide = true)]
    pub(crate) spent_cpu_s: f64,
    /// Seconds that building took, for the report.
    #[arg(long, default_value_t = 0.0, hide = true)]
    pub(crate) spent_wall_s: f64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Incidents {
    /// One line each, newest first.
    #[command(after_help = help::LIST)]
    List(ListArgs),
    /// One incident's story, its stages, and what you can do now.
    #[command(after_help = help::SHOW)]
    Show {
        /// Its id.
        id: IncidentId,
        /// Every event of the journal instead of the story.
        #[arg(long)]
        journal: bool,
        /// The change, too.
        #[arg(long)]
        diff: bool,
    },
    /// Checks one incident's hash chain, its certificates and its row; fails when anything was changed afterwards.
    #[command(after_help = help::VERIFY)]
    Verify {
        /// Its id.
        id: IncidentId,
    },
    /// Lets an admitted change be pushed. Changes the target: what is approved is rolled out.
    #[command(after_help = help::APPROVE)]
    Approve {
        /// Its id.
        id: IncidentId,
        /// The digest of the change that you have read; without it, the one that is admitted now.
        #[arg(long, value_parser = digest)]
        digest: Option<Digest>,
        /// What you say with it.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Says no to an admitted change; the incident goes to a person.
    Reject {
        /// Its id.
        id: IncidentId,
        /// Why.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Says that you have healed it yourself.
    Resolve {
        /// Its id.
        id: IncidentId,
        /// What you did: it is kept in the journal.
        #[arg(long)]
        note: String,
    },
    /// Says that there is nothing to heal.
    Dismiss {
        /// Its id.
        id: IncidentId,
        /// What it is instead: user_error, expected_denial, recovered, noise or unknown.
        #[arg(long, value_parser = verdict, value_name = "VERDICT")]
        verdict: Verdict,
        /// Why.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Has an escalated incident tried again, because something has changed. What was refused before is not tried again.
    #[command(after_help = help::RETRY)]
    Retry {
        /// Its id.
        id: IncidentId,
        /// What has changed: it is kept in the journal.
        #[arg(long, default_value = "")]
        note: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only those that stand here, e.g. resolved, escalated, awaiting_approval.
    #[arg(long, value_parser = status, value_name = "STATUS")]
    pub(crate) status: Option<Status>,
    /// Only this target's.
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Option<TargetName>,
    /// How many at most; further pages are read as needed.
    #[arg(long, default_value_t = 50, value_parser = limit, value_name = "N")]
    pub(crate) limit: usize,
    /// Also those that a reset archived.
    #[arg(long)]
    pub(crate) archived: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Kb {
    /// One line each: the folder's documents, then those that were given, then what was learned.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "N")]
        limit: u32,
    },
    /// One document, whole.
    Show {
        /// Its id, as `kb list` prints it.
        id: String,
    },
    /// What is near a symptom, best first. Exits 1 when nothing that is known fits.
    #[command(after_help = help::SEARCH)]
    Search {
        /// The symptom: words, or a log line.
        #[arg(required = true)]
        query: Vec<String>,
        /// The fault's code, when you know it.
        #[arg(long, value_name = "CODE")]
        fault: Option<FaultCode>,
        /// How many at most.
        #[arg(long, default_value_t = 5, value_parser = limit, value_name = "N")]
        limit: usize,
    },
    /// Brings the knowledge base up to date. Safe to repeat.
    #[command(after_help = help::SEED)]
    Seed {
        /// A folder of Markdown files of your own; without it the service reads its own folder again.
        folder: Option<PathBuf>,
    },
    /// Takes a document out: one that was given, or a lesson that was learned. At once, and for all who ask.
    #[command(after_help = help::REMOVE)]
    Remove {
        /// Its id, as `kb list` prints it.
        id: String,
    },
}

fn limit(text: &str) -> Result<usize, String> {
    let number = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if (1..=10_000).contains(&number) { Ok(number) } else { Err("it must be 1 to 10000".to_owned()) }
}

fn status(text: &str) -> Result<Status, String> {
    let found = Status::ALL.into_iter().find(|status| status.as_str() == text);
    let known = || Status::ALL.map(Status::as_str).join(", ");
    found.ok_or_else(|| format!("there is no such status; there are: {}", known()))
}

fn digest(text: &str) -> Result<Digest, String> {
    Digest::try_from(text.to_owned()).map_err(|error| error.to_string())
}

fn verdict(text: &str) -> Result<Verdict, String> {
    let known = ["user_error", "expected_denial", "recovered", "noise", "unknown"];
    let found = known.contains(&text).then(|| serde_json::from_value(serde_json::Value::String(text.to_owned())));
    found.and_then(Result::ok).ok_or_else(|| format!("it must be one of {}", known.join(", ")))
}
