//! Witnesses: whoever else must have seen a replay. What one could not tell is never taken for success.

pub mod statement_log;
mod call_count;

use statement_log::StatementLog;
use std::path::Path;
use std::time::{Duration, Instant};
use wire::ReplayId;
use wire::target::Witness;
use wire::verification::WitnessReport;

/// The first pause between two questions.
const PAUSE: Duration = Duration::from_millis(4);
/// The longest.
const MAX_PAUSE: Duration = Duration::from_millis(40);

/// The witnesses of one replay; made before the request is sent.
#[derive(Debug)]
pub struct Watch {
    replay: ReplayId,
    http: reqwest::Client,
    observers: Vec<Observer>,
}

#[derive(Debug)]
struct Observer {
    kind: &'static str,
    wanted: u64,
    source: Source,
    seen: Option<u64>,
    sample: Vec<String>,
}

#[derive(Debug)]
enum Source {
    /// None when the log cannot be read at all.
    Log(Option<StatementLog>),
    Calls(String),
}

impl Watch {
    /// Takes note of where the witnesses stand now.
    pub async fn begin(witnesses: &[Witness], replay: ReplayId, http: reqwest::Client) -> Self {
        let witnesses = witnesses.to_vec();
        let begin = move || witnesses.iter().map(Observer::begin).collect();
        let observers = tokio::task::spawn_blocking(begin).await.unwrap_or_default();
        Self { replay, http, observers }
    }

    /// Asks until each has seen enough or the patience is over: a log is written with a delay.
    pub async fn ask(mut self, patience: Duration) -> Vec<WitnessReport> {
        let until = Instant::now() + patience;
        let mut pause = PAUSE;
        loop {
            for observer in &mut self.observers {
                observer.ask(&self.replay, &self.http).await;
            }
            if self.observers.iter().all(Observer::satisfied) || Instant::now() + pause > until {
                return self.observers.into_iter().map(Observer::report).collect();
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

impl Observer {
    fn begin(witness: &Witness) -> Self {
        let (kind, wanted, source) = match witness {
            Witness::StatementLog { path, statement, at_least } => {
                ("statement_log", *at_least, Source::Log(StatementLog::open(Path::new(path), statement)))
            }
            Witness::CallCount { url, at_least } => ("call_count", *at_least, Source::Calls(url.clone())),
        };
        Self { kind, wanted, source, seen: None, sample: Vec::new() }
    }

    async fn ask(&mut self, replay: &ReplayId, http: &reqwest::Client) {
        match &mut self.source {
            Source::Calls(url) => self.seen = call_count::ask(http, url, replay).await,
            Source::Log(log) => {
                let (taken, replay) = (log.take(), replay.clone());
                let read = move || {
                    let mut log = taken?;
                    log.read_on(&replay).then_some(log)
                };
                *log = tokio::task::spawn_blocking(read).await.unwrap_or_default();
                self.seen = log.as_ref().map(|log| log.seen);
                self.sample = log.as_ref().map(|log| log.sample.clone()).unwrap_or_default();
            }
        }
    }

    fn satisfied(&self) -> bool {
        self.seen.is_some_and(|seen| seen >= self.wanted)
    }

    fn report(self) -> WitnessReport {
        WitnessReport { kind: self.kind.to_owned(), seen: self.seen, wanted: self.wanted, sample: self.sample }
    }
}
