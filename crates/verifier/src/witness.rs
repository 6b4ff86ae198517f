//! Witnesses: whoever else must have seen a replay. What one could not tell is never taken for success.

pub mod log_entries;
pub mod statement_sequence;
mod call_count;
mod observer;
mod sql;

use observer::Observer;
use std::time::{Duration, Instant};
use wire::ReplayId;
use wire::target::Expectation;
use wire::verification::WitnessReport;

/// The first pause between two questions.
const PAUSE: Duration = Duration::from_millis(4);
/// The longest.
const MAX_PAUSE: Duration = Duration::from_millis(40);

/// The witnesses of one replay, by the alternatives of its right answer; made before the request is sent.
#[derive(Debug)]
pub struct Watch {
    replay: ReplayId,
    http: reqwest::Client,
    alternatives: Vec<Vec<Observer>>,
}

impl Watch {
    /// Takes note of where the witnesses stand now.
    pub async fn begin(answers: &[Expectation], replay: ReplayId, http: reqwest::Client) -> Self {
        if answers.iter().all(|answer| answer.witnesses.is_empty()) {
            return Self { replay, http, alternatives: Vec::new() };
        }
        let answers = answers.to_vec();
        let of = |answer: &Expectation| answer.witnesses.iter().map(Observer::begin).collect();
        let begin = move || answers.iter().map(of).collect();
        let alternatives = tokio::task::spawn_blocking(begin).await.unwrap_or_default();
        Self { replay, http, alternatives }
    }

    /// Asks those of an alternative until each has seen enough or the patience is over: a log is written with a delay.
    /// When the answer was none of the right ones, all are asked.
    pub async fn ask(self, alternative: Option<usize>, patience: Duration) -> Vec<WitnessReport> {
        let is_asked = |at: usize| alternative.is_none_or(|asked| asked == at);
        let asked = self.alternatives.into_iter().enumerate().filter(|(at, _)| is_asked(*at));
        let mut observers: Vec<Observer> = asked.flat_map(|(_, observers)| observers).collect();
        let until = Instant::now() + patience;
        let mut pause = PAUSE;
        loop {
            for observer in &mut observers {
                observer.ask(&self.replay, &self.http).await;
            }
            if observers.iter().all(Observer::satisfied) || Instant::now() + pause > until {
                return observers.into_iter().map(Observer::report).collect();
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}
