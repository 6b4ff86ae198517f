//! A runtime action that was done.

use crate::incident::{Acted, Incident};
use crate::runtime::{ActOutcome, ActReport};
use chrono::{DateTime, Utc};

/// Without a report nobody knows what came of it.
pub(super) fn take_in(next: &mut Incident, what: &str, report: Option<&ActReport>, at: DateTime<Utc>) {
    let outcome = report.map_or(ActOutcome::Unverified, |report| report.outcome);
    let again = next.acted.as_ref().is_some_and(|acted| acted.what == what && acted.outcome == outcome);
    next.acted = Some(Acted { what: what.to_owned(), outcome, at, occurrences: next.occurrences, again });
    // What was proved before was proved of another state.
    next.proof = None;
}
