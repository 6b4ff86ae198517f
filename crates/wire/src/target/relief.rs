//! What eases a fault until it is cured: done by the front, at once, and taken back after the proof.

use crate::relief::MAX_RELIEF_S;
use serde::{Deserialize, Serialize};

/// How many reliefs and paths there may be.
const MAX: usize = 16;
/// The longest path, bytes.
const MAX_PATH: usize = 256;

/// The longest pause between two tries, seconds: a fault that shows at a try alone must show before it is taken for over.
const MAX_RETRY_S: u32 = 30;

/// A relief. All of a fault's reliefs stand together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Relief {
    /// A GET or HEAD that fails, or may not be passed on, gets the last good answer, marked as such. So the front keeps the good
    /// answers of these paths all the time: only those that are everybody's, bounded in number and size.
    Stale {
        /// Below which paths.
        paths: Vec<String>,
        /// How old such an answer may be, seconds.
        #[serde(default = "default_max_age")]
        max_age_s: u32,
        /// How long an answer is waited for where an older one is at hand, milliseconds.
        #[serde(default = "default_patience")]
        patience_ms: u64,
    },
    /// Nothing is passed on while it fails: answered 503 at once, or by `stale`. One request every few seconds is tried; one that goes
    /// well closes it.
    Breaker {
        /// Below which paths.
        paths: Vec<String>,
        /// Between two tries, seconds, 30 at most; told to the caller.
        #[serde(default = "default_retry")]
        retry_after_s: u32,
    },
    /// More than so many requests at once are answered 503.
    Shed {
        /// Below which paths.
        paths: Vec<String>,
        /// How many there may be.
        at_most: u32,
        /// Told to the caller, seconds, 30 at most.
        #[serde(default = "default_retry")]
        retry_after_s: u32,
    },
}

fn default_max_age() -> u32 {
    300
}
fn default_patience() -> u64 {
    1_000
}
fn default_retry() -> u32 {
    5
}
/// How long a fault's reliefs stand at most unless the target file says otherwise, seconds.
pub(super) fn default_relief_s() -> u32 {
    900
}
pub(super) fn is_default_relief_s(seconds: &u32) -> bool {
    *seconds == default_relief_s()
}

impl Relief {
    /// Below which paths.
    pub fn paths(&self) -> &[String] {
        match self {
            Relief::Stale { paths, .. } | Relief::Breaker { paths, .. } | Relief::Shed { paths, .. } => paths,
        }
    }

    fn check(&self) -> Result<(), String> {
        let paths = self.paths();
        let is_path = |path: &String| {
            path.starts_with('/') && path.len() <= MAX_PATH && !path.contains(['?', '#']) && !path.starts_with("/-")
        };
        if paths.is_empty() || paths.len() > MAX || !paths.iter().all(is_path) {
            return Err(format!(
                "needs 1 to {MAX} `paths` that begin with / (not /-) and have neither ? nor #, at most {MAX_PATH} bytes each"
            ));
        }
        let right = match self {
            Relief::Stale { max_age_s, patience_ms, .. } => {
                (1..=86_400).contains(max_age_s) && (10..=60_000).contains(patience_ms)
            }
            Relief::Breaker { retry_after_s, .. } => (1..=MAX_RETRY_S).contains(retry_after_s),
            Relief::Shed { at_most, retry_after_s, .. } => *at_most > 0 && (1..=MAX_RETRY_S).contains(retry_after_s),
        };
        right.then_some(()).ok_or_else(|| {
            format!(
                "is out of bounds: `max_age_s` is 1 to 86400, `patience_ms` 10 to 60000, `at_most` at least 1, `retry_after_s` 1 to \
                 {MAX_RETRY_S}, since with fewer tries a fault would pass for over between two of them"
            )
        })
    }
}

/// Checks a fault's reliefs.
pub(super) fn check(reliefs: &[Relief], relief_s: u32) -> Result<(), String> {
    if reliefs.len() > MAX {
        return Err(format!("has {} reliefs: at most {MAX} are taken", reliefs.len()));
    }
    if !(1..=MAX_RELIEF_S).contains(&relief_s) {
        return Err(format!("has a `relief_s` of {relief_s}: 1 to {MAX_RELIEF_S} is right"));
    }
    reliefs
        .iter()
        .try_for_each(|relief| relief.check().map_err(|why| format!("has a relief that is not right: it {why}")))
}
