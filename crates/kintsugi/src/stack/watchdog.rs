//! Ends what runs and answers no more, so that the supervisor starts it again. A process that hangs does not end by itself, and a healer that
//! hangs can tell nobody.

use super::supervisor::{Life, Lives, Part};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How long an answer is waited for.
const LIMIT: Duration = Duration::from_secs(3);
/// So many looks in a row without an answer …
const MISSES: u32 = 4;
/// … over at least this time, longer than a drain takes, are a hang.
const SILENCE: Duration = Duration::from_secs(12);
/// What has not answered once in its life has this long.
const FIRST_ANSWER: Duration = Duration::from_secs(120);
/// How often the word to stop is looked for within a pause.
const STOP_LOOK: Duration = Duration::from_millis(50);

/// What is remembered of each part's present life. Pure.
#[derive(Debug, Default)]
pub struct Patience {
    known: BTreeMap<u32, Known>,
}

#[derive(Debug)]
struct Known {
    first: Instant,
    answered: bool,
    misses: u32,
    silent_since: Option<Instant>,
}

impl Patience {
    /// Takes in one look, each pid with whether it answered; says which hang. What is gone is forgotten.
    pub fn hung(&mut self, seen: &[(u32, bool)], now: Instant) -> Vec<u32> {
        self.known.retain(|pid, _| seen.iter().any(|(other, _)| other == pid));
        let mut hung = Vec::new();
        for (pid, answered) in seen {
            let known =
                self.known.entry(*pid).or_insert(Known { first: now, answered: false, misses: 0, silent_since: None });
            if *answered {
                *known = Known { answered: true, misses: 0, silent_since: None, ..*known };
                continue;
            }
            known.misses += 1;
            let silent = now - *known.silent_since.get_or_insert(now);
            let patience = if known.answered { SILENCE } else { FIRST_ANSWER };
            let since = if known.answered { silent } else { now - known.first };
            if known.misses >= MISSES && since >= patience {
                hung.push(*pid);
            }
        }
        hung
    }
}

/// Watches until `stopping`.
///
/// # Errors
/// When no thread or HTTP client can be made.
pub(super) fn start(lives: Lives, stopping: Arc<AtomicBool>) -> anyhow::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build()?;
    let watch = move || {
        let mut patience = Patience::default();
        while !stopping.load(Ordering::SeqCst) {
            let all = lives.now();
            let answers = all.iter().map(|life| answers(&http, life));
            let seen: Vec<(u32, bool)> = runtime.block_on(futures::future::join_all(answers));
            for pid in patience.hung(&seen, Instant::now()) {
                let part = all.iter().find(|life| life.pid == pid).map(|life| &life.part);
                tell(part, pid);
                lives.kill(pid);
            }
            let until = Instant::now() + PAUSE;
            while Instant::now() < until && !stopping.load(Ordering::SeqCst) {
                std::thread::sleep(STOP_LOOK);
            }
        }
    };
    Ok(std::thread::Builder::new().name("watchdog".into()).spawn(watch)?)
}

/// Any answer will do: what is not ready is not hung.
async fn answers(http: &reqwest::Client, life: &Life) -> (u32, bool) {
    (life.pid, http.get(&life.health).send().await.is_ok())
}

fn tell(part: Option<&Part>, pid: u32) {
    let part = part.map(ToString::to_string).unwrap_or_default();
    crate::output::complain(&format!(
        "{part} (pid {pid}) runs and has not answered for {} s; it is ended and started again",
        SILENCE.as_secs()
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A look each second; `answers` says what pid 7 does. The first look at which it hangs.
    fn hangs_at(answers: impl Fn(u64) -> bool) -> Option<u64> {
        let (mut patience, begin) = (Patience::default(), Instant::now());
        (0..300)
            .find(|second| !patience.hung(&[(7, answers(*second))], begin + Duration::from_secs(*second)).is_empty())
    }

    #[test]
    fn what_answered_and_is_silent_for_twelve_seconds_hangs() {
        assert_eq!(hangs_at(|second| second < 5), Some(5 + 12));
        assert_eq!(hangs_at(|_| true), None);
    }

    #[test]
    fn an_answer_in_between_begins_the_patience_anew() {
        assert_eq!(hangs_at(|second| second < 5 || second == 16), Some(17 + 12));
        assert_eq!(hangs_at(|second| second % 10 == 0), None);
    }

    #[test]
    fn what_never_answered_has_two_minutes_to_come_up() {
        assert_eq!(hangs_at(|_| false), Some(120));
    }

    #[test]
    fn few_looks_over_a_long_time_are_no_proof() {
        let (mut patience, begin) = (Patience::default(), Instant::now());
        assert!(patience.hung(&[(7, true)], begin).is_empty());
        for look in 1..=3 {
            assert!(patience.hung(&[(7, false)], begin + Duration::from_secs(100 * look)).is_empty());
        }
        assert_eq!(patience.hung(&[(7, false)], begin + Duration::from_secs(400)), [7]);
    }

    #[test]
    fn a_new_life_begins_with_new_patience() {
        let (mut patience, begin) = (Patience::default(), Instant::now());
        let at = |second| begin + Duration::from_secs(second);
        assert!(patience.hung(&[(7, true)], at(0)).is_empty());
        (1..5).for_each(|second| assert!(patience.hung(&[(7, false)], at(second)).is_empty()));
        assert!(patience.hung(&[(8, false)], at(30)).is_empty(), "another pid");
        assert!(patience.hung(&[(7, false)], at(31)).is_empty(), "the old pid again is a new life");
    }
}
