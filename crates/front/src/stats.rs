//! Counters by label: bounded, whatever is asked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::rollout::LabelStats;

/// How many labels are remembered; each roll-out brings a new one.
const MAX_LABELS: usize = 64;
/// How many kinds of answers are told apart within a label.
const MAX_KINDS: usize = 100;
/// What further kinds are counted as.
const OTHER: &str = "other";
/// How many segments of a path are told.
const SEGMENTS: usize = 2;
/// A longer segment is no name of a route.
const MAX_SEGMENT: usize = 24;
/// A segment with more digits is an id.
const MAX_DIGITS: usize = 2;

/// The label of what has no route.
pub const NO_ROUTE: &str = "-";

/// The counters.
#[derive(Debug, Default)]
pub struct Stats {
    labels: Mutex<HashMap<String, Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    stats: LabelStats,
    /// The number of the request that used it last; a label without requests that was not used for longest is forgotten first.
    used: u64,
}

/// A request under way; it is over when this is dropped.
#[derive(Debug)]
pub struct InFlight {
    stats: Arc<Stats>,
    label: String,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(counts) = self.stats.lock().get_mut(&self.label) {
            counts.stats.in_flight -= 1;
        }
    }
}

impl InFlight {
    /// Where it went.
    pub fn label(&self) -> &str {
        &self.label
    }
}

impl Stats {
    /// Begins a request.
    pub fn enter(self: &Arc<Self>, label: &str) -> InFlight {
        self.with(label, |stats| stats.in_flight += 1);
        InFlight { stats: Arc::clone(self), label: label.to_owned() }
    }

    /// Counts an answer.
    pub fn count(&self, label: &str, kind: &str) {
        self.with(label, |stats| {
            let known = stats.answers.contains_key(kind) || stats.answers.len() < MAX_KINDS;
            *stats.answers.entry(if known { kind } else { OTHER }.to_owned()).or_default() += 1;
        });
    }

    /// All of it.
    pub fn told(&self) -> BTreeMap<String, LabelStats> {
        self.lock().iter().map(|(label, counts)| (label.clone(), counts.stats.clone())).collect()
    }

    fn with(&self, label: &str, change: impl FnOnce(&mut LabelStats)) {
        let mut labels = self.lock();
        let used = labels.values().map(|counts| counts.used).max().unwrap_or_default() + 1;
        if !labels.contains_key(label) && labels.len() >= MAX_LABELS {
            let idle = labels.iter().filter(|(_, counts)| counts.stats.in_flight == 0);
            let oldest = idle.min_by_key(|(_, counts)| counts.used).map(|(label, _)| label.clone());
            oldest.map(|label| labels.remove(&label));
        }
        let counts = labels.entry(label.to_owned()).or_default();
        counts.used = used;
        change(&mut counts.stats);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Counts>> {
        self.labels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kind of an answer: method, the first segments of the path, class of the status, e.g. `GET /orders/* 2xx`. Pure.
pub fn kind(method: &str, path: &str, status: u16) -> String {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = if METHODS.contains(&method) { method } else { "OTHER" };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).take(SEGMENTS).collect();
    let segments: Vec<&str> =
        segments.into_iter().map(|segment| if is_name(segment) { segment } else { "*" }).collect();
    format!("{method} /{} {}xx", segments.join("/"), status / 100)
}

fn is_name(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    segment.len() <= MAX_SEGMENT
        && digits <= MAX_DIGITS
        && digits < segment.len()
        && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
