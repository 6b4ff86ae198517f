//! A client that asks at a constant rate, whatever becomes of its requests, and what it saw.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde::Serialize;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;
use wire::relief::RELIEF_HEADER;

/// How many requests a second.
pub(super) const PER_SECOND: u32 = 20;
/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The right answer.
    Right,
    /// An older right one that is marked as such.
    Stale,
    /// 200 with something else.
    Wrong,
    /// An error, or nothing in time.
    Failed,
}

/// What was seen within a window from the fault on.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Seen {
    /// Seconds in which at least one request failed.
    pub(super) error_s: usize,
    /// Seconds in which at least one answer was an older one.
    pub(super) stale_s: usize,
    /// Seconds in which at least one answer was wrong and not marked.
    pub(super) wrong_s: usize,
    /// How many requests were sent.
    pub(super) requests: usize,
    /// How many of them failed.
    pub(super) failed: usize,
}

/// Asks until the word to stop, and then only waits for what is under way.
pub(super) async fn ask(url: &str, stop: &Cell<bool>) -> Vec<(Instant, Answer)> {
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).pool_max_idle_per_host(0).build();
    let Ok(http) = http else { return Vec::new() };
    let mut tick = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    let (mut under_way, mut seen) = (FuturesUnordered::new(), Vec::new());
    loop {
        tokio::select! {
            at = tick.tick(), if !stop.get() => {
                let http = &http;
                under_way.push(async move { (at, one(http, url).await) });
            }
            Some(answer) = under_way.next(), if !under_way.is_empty() => seen.push(answer),
            else => return seen,
        }
    }
}

async fn one(http: &reqwest::Client, url: &str) -> Answer {
    let Ok(answer) = http.get(url).send().await else { return Answer::Failed };
    let (is_good, is_eased) = (answer.status() == 200, answer.headers().contains_key(RELIEF_HEADER));
    match answer.text().await {
        Ok(text) if is_good && text.contains("\"value 42\"") => {
            if is_eased {
                Answer::Stale
            } else {
                Answer::Right
            }
        }
        Ok(_) if is_good => Answer::Wrong,
        _ => Answer::Failed,
    }
}

impl Seen {
    /// Of what began within a window. It begins with the first answer that is not the right one, be it of a request that was under way
    /// when the fault came; otherwise when the fault is there.
    pub(super) fn of(answers: &[(Instant, Answer)], injected: Instant, window: Duration) -> Self {
        let ill = answers.iter().filter(|(_, answer)| *answer != Answer::Right).map(|(at, _)| *at);
        let from = ill.min().map_or(injected, |first| first.min(injected));
        let within: Vec<_> = answers.iter().filter(|(at, _)| *at >= from && *at < from + window).collect();
        let seconds = |wanted: Answer| {
            let those = within.iter().filter(|(_, answer)| *answer == wanted);
            those.map(|(at, _)| (*at - from).as_secs()).collect::<BTreeSet<_>>().len()
        };
        Self {
            error_s: seconds(Answer::Failed),
            stale_s: seconds(Answer::Stale),
            wrong_s: seconds(Answer::Wrong),
            requests: within.len(),
            failed: within.iter().filter(|(_, answer)| *answer == Answer::Failed).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_counts_once_and_only_within_the_window() {
        let from = Instant::now() + Duration::from_secs(10);
        let at = |ms: u64| from + Duration::from_millis(ms);
        let answers = [
            (from - Duration::from_millis(1), Answer::Right),
            (at(0), Answer::Failed),
            (at(999), Answer::Failed),
            (at(1_000), Answer::Stale),
            (at(1_500), Answer::Wrong),
            (at(2_500), Answer::Failed),
            (at(3_000), Answer::Failed),
        ];
        let seen = Seen::of(&answers, at(500), Duration::from_secs(3));
        assert_eq!((seen.error_s, seen.stale_s, seen.wrong_s, seen.requests, seen.failed), (2, 1, 1, 5, 3));
    }

    #[test]
    fn what_was_under_way_when_the_fault_came_counts() {
        let injected = Instant::now() + Duration::from_secs(10);
        let at = |ms: u64| injected - Duration::from_millis(1) + Duration::from_millis(ms);
        let seen = Seen::of(&[(at(0), Answer::Failed), (at(50), Answer::Stale)], injected, Duration::from_secs(1));
        assert_eq!((seen.error_s, seen.stale_s, seen.failed), (1, 1, 1));
    }
}
