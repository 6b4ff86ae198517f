//! Reliefs in the journal.

use super::forget_failures;
use crate::incident::{Eased, Incident, Status};
use crate::relief::MAX_RELIEF_S;
use chrono::{DateTime, TimeDelta, Utc};

/// From the intention on it may be in force, even when nobody hears of it.
pub(super) fn begin(next: &mut Incident, at: DateTime<Utc>) {
    let until = at + TimeDelta::seconds(i64::from(MAX_RELIEF_S));
    next.eased = Some(Eased { what: String::new(), since: at, until, withdrawn_at: None });
}

pub(super) fn stand(next: &mut Incident, what: &str, until: DateTime<Utc>, at: DateTime<Utc>) {
    next.eased = Some(Eased { what: what.to_owned(), since: at, until, withdrawn_at: None });
}

/// What was proved while it stood is proved once more without it: a relief keeps load away, too.
pub(super) fn end(next: &mut Incident, at: DateTime<Utc>) {
    forget_failures(next);
    if next.status == Status::Verifying {
        next.proof = None;
    }
    if let Some(eased) = &mut next.eased {
        eased.withdrawn_at = Some(at);
    }
}
