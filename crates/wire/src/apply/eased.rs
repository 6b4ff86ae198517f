//! Reliefs in the journal.

use super::forget_failures;
use crate::ReplayId;
use crate::incident::{Eased, Incident, Status};
use crate::relief::{MAX_RELIEF_S, Withdrawn};
use chrono::{DateTime, TimeDelta, Utc};

/// From the intention on it may be in force, even when nobody hears of it.
pub(super) fn begin(next: &mut Incident, at: DateTime<Utc>) {
    let until = at + TimeDelta::seconds(i64::from(MAX_RELIEF_S));
    put(next, "", until, at);
}

pub(super) fn stand(next: &mut Incident, what: &str, until: DateTime<Utc>, at: DateTime<Utc>) {
    put(next, what, until, at);
}

fn put(next: &mut Incident, what: &str, until: DateTime<Utc>, at: DateTime<Utc>) {
    let (looked_at, looks) = next.eased.as_ref().map_or((None, 0), |eased| (eased.looked_at, eased.looks));
    next.eased = Some(Eased { what: what.to_owned(), since: at, until, withdrawn_at: None, looked_at, looks });
}

/// From now on it is looked whether it is over by itself.
pub(super) fn hold(next: &mut Incident, at: DateTime<Utc>) {
    if let Some(eased) = next.eased.as_mut() {
        (eased.looked_at, eased.looks) = (Some(at), 0);
    }
}

/// It was looked, and this is the proof that it is over, if it is. Nothing is to be undone in any case.
pub(super) fn look(next: &mut Incident, proof: Option<ReplayId>, at: DateTime<Utc>) {
    next.proof = proof;
    if let Some(eased) = next.eased.as_mut() {
        (eased.looked_at, eased.looks) = (Some(at), eased.looks.saturating_add(1));
    }
}

/// What was proved while it stood is proved once more without it: a relief keeps load away, too. One that answered nobody kept none away.
pub(super) fn end(next: &mut Incident, withdrawn: &Withdrawn, at: DateTime<Utc>) {
    forget_failures(next);
    if matches!(next.status, Status::Verifying | Status::Mitigated) && withdrawn.answered != Some(0) {
        next.proof = None;
    }
    if let Some(eased) = &mut next.eased {
        eased.withdrawn_at = Some(at);
    }
}
