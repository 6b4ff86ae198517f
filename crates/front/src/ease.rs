//! What eases a request: which of the table's reliefs are about it. Pure.

use chrono::{DateTime, Utc};
use std::time::Duration;
use wire::IncidentId;
use wire::relief::Ease;
use wire::rollout::RouteTable;

/// A relief: whose it is, and which of that one's it is.
pub type Key = (IncidentId, usize);

/// Everything that eases a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Eased {
    /// For whose sake.
    pub whose: Vec<IncidentId>,
    /// The last good answer may stand for a failure.
    pub stale: Option<Stale>,
    /// It may have to wait for a try: of which relief, and how many seconds there are between two tries.
    pub breaker: Option<(Key, u32)>,
    /// There may be too many: of which relief, how many there may be, and when the caller may come again, seconds.
    pub shed: Option<(Key, u32, u32)>,
}

/// Bounds of an older answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    /// How old it may be, seconds.
    pub max_age_s: u32,
    /// How long a new one is waited for.
    pub patience: Duration,
}

/// What eases a request for a path that goes to a label (`target/colour/commit`), now. Of several of a kind the first counts.
pub fn of(table: &RouteTable, path: &str, label: &str, now: DateTime<Utc>) -> Eased {
    let mut eased = Eased::default();
    let owner = label.split('/').next().unwrap_or_default();
    let standing = table.reliefs.iter().filter(|standing| now < standing.until && standing.target.as_str() == owner);
    for standing in standing {
        for (at, ease) in standing.eases.iter().enumerate() {
            if !ease.paths().iter().any(|prefix| is_under(path, prefix)) {
                continue;
            }
            let key = (standing.incident, at);
            if eased.whose.last() != Some(&standing.incident) {
                eased.whose.push(standing.incident);
            }
            match ease {
                Ease::Stale { max_age_s, patience_ms, .. } => {
                    let patience = Duration::from_millis(*patience_ms);
                    eased.stale.get_or_insert(Stale { max_age_s: *max_age_s, patience });
                }
                Ease::Breaker { retry_after_s, .. } => {
                    eased.breaker.get_or_insert((key, *retry_after_s));
                }
                Ease::Shed { at_most, retry_after_s, .. } => {
                    eased.shed.get_or_insert((key, *at_most, *retry_after_s));
                }
                Ease::Unknown => {}
            }
        }
    }
    eased
}

/// Whether a path is another one or below it, whether or not that ends with a slash.
pub fn is_under(path: &str, prefix: &str) -> bool {
    let prefix = match prefix.trim_end_matches('/') {
        "" => "/",
        prefix => prefix,
    };
    crate::table::is_below(path, prefix)
}
