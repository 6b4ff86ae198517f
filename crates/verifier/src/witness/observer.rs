//! One witness of one replay.

use super::call_count;
use super::log_entries::{Entry, LogEntries};
use super::statement_sequence::Sequence;
use regex::Regex;
use std::path::Path;
use wire::ReplayId;
use wire::target::Witness;
use wire::verification::WitnessReport;

/// How many statements are kept as a sample, and how much of each.
const SAMPLE: (usize, usize) = (5, 200);

#[derive(Debug)]
pub(super) struct Observer {
    kind: &'static str,
    wanted: u64,
    source: Source,
    seen: Option<u64>,
    sample: Vec<String>,
}

#[derive(Debug)]
enum Source {
    /// None when the log or the expressions cannot be read at all.
    Log(Option<(LogEntries, Wanted)>),
    Calls(String),
}

/// What is looked for in a log.
#[derive(Debug)]
enum Wanted {
    Statement(Regex, Vec<Regex>),
    Sequence(Sequence),
}

impl Wanted {
    fn look(&self, entries: &[Entry]) -> (u64, Vec<String>) {
        match self {
            Wanted::Statement(statement, forbidden) => {
                // A failure that was caught, or harm beside the work, spoils what was done well.
                let spoils = |entry: &&Entry| entry.failed || forbidden.iter().any(|one| one.is_match(&entry.sql));
                if let Some(entry) = entries.iter().find(spoils) {
                    let what = if entry.failed { "failed" } else { "forbidden" };
                    let sql: String = entry.sql.trim().chars().take(SAMPLE.1).collect();
                    return (0, vec![format!("{what}: {sql}")]);
                }
                let matching = || entries.iter().filter(|entry| statement.is_match(&entry.sql));
                let shown = |entry: &Entry| entry.sql.trim().chars().take(SAMPLE.1).collect();
                (matching().count() as u64, matching().take(SAMPLE.0).map(shown).collect())
            }
            Wanted::Sequence(sequence) => {
                let found = sequence.find(entries, SAMPLE.0);
                (found.transactions, found.sample)
            }
        }
    }
}

impl Observer {
    pub(super) fn begin(witness: &Witness) -> Self {
        let log = |path: &str, wanted: Option<Wanted>| Source::Log(LogEntries::open(Path::new(path)).zip(wanted));
        let (kind, wanted, source) = match witness {
            Witness::StatementLog { path, statement, at_least, forbidden } => {
                let forbidden = forbidden.iter().map(|text| Regex::new(text).ok()).collect::<Option<Vec<_>>>();
                let wanted = Regex::new(statement).ok().zip(forbidden);
                let wanted = wanted.map(|(statement, forbidden)| Wanted::Statement(statement, forbidden));
                ("statement_log", *at_least, log(path, wanted))
            }
            Witness::StatementSequence { path, steps, forbidden } => {
                ("statement_sequence", 1, log(path, Sequence::of(steps, forbidden).map(Wanted::Sequence)))
            }
            Witness::CallCount { url, at_least } => ("call_count", *at_least, Source::Calls(url.clone())),
        };
        Self { kind, wanted, source, seen: None, sample: Vec::new() }
    }

    pub(super) async fn ask(&mut self, replay: &ReplayId, http: &reqwest::Client) {
        match &mut self.source {
            Source::Calls(url) => self.seen = call_count::ask(http, url, replay).await,
            Source::Log(log) => {
                let (taken, replay) = (log.take(), replay.clone());
                let read = move || {
                    let (mut log, wanted) = taken?;
                    log.read_on(&replay).then(|| (wanted.look(&log.entries), (log, wanted)))
                };
                let read = tokio::task::spawn_blocking(read).await.unwrap_or_default();
                self.seen = read.as_ref().map(|((seen, _), _)| *seen);
                (self.sample, *log) = read.map_or_else(Default::default, |((_, sample), log)| (sample, Some(log)));
            }
        }
    }

    pub(super) fn satisfied(&self) -> bool {
        self.seen.is_some_and(|seen| seen >= self.wanted)
    }

    pub(super) fn report(self) -> WitnessReport {
        WitnessReport { kind: self.kind.to_owned(), seen: self.seen, wanted: self.wanted, sample: self.sample }
    }
}
