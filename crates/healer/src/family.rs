//! What becomes of an incident that rests under another one. Pure. Nothing is closed but by evidence: the cause is cured, and the symptom was
//! not seen since, for as long as the settings say. In every other case it is looked at by itself.

use crate::next::Move;
use chrono::{DateTime, TimeDelta, Utc};
use wire::event::Body;
use wire::incident::{Incident, Status};
use wire::plan::Verdict;

/// How often is looked again while nothing is told; the parent's end is told.
const LOOK: TimeDelta = TimeDelta::seconds(10);
/// For so long after the cure the answers may still come in that were under way before.
pub(crate) const ECHO: TimeDelta = TimeDelta::seconds(5);

/// The next move of a resting incident, which was last seen then.
pub fn next(
    incident: &Incident,
    parent: Option<&Incident>,
    last_at: DateTime<Utc>,
    quiet: TimeDelta,
    now: DateTime<Utc>,
) -> Move {
    let Some(parent) = parent else { return separate("the incident that it rested under is not there any more") };
    let named = format!("{} of {}", parent.code, parent.target);
    match parent.status {
        Status::Resolved => after(&named, parent.resolved_at.unwrap_or(parent.updated_at), last_at, quiet, now),
        // It went with a cause of its own.
        Status::Dismissed if parent.parent.is_some() => after(&named, parent.updated_at, last_at, quiet, now),
        Status::Correlated => match parent.parent {
            Some(above) if above != incident.id => {
                let why = format!("{named} turned out to be a symptom, too");
                record(Body::Correlated { parent: above, why })
            }
            // Each was thought to be the other's: one of them goes on.
            _ if incident.id < parent.id => separate(&format!("{named} was thought to be a symptom of this one")),
            _ => Move::WaitUntil(now + LOOK),
        },
        // Eased is not cured, and that may last: what goes on in spite of it has a cause of its own.
        Status::Mitigated if last_at > parent.updated_at + ECHO => {
            let later = (last_at - parent.updated_at).num_seconds();
            separate(&format!("it was seen {later} s after {named} was mitigated, and that does not help it"))
        }
        Status::Escalated | Status::Advised | Status::Suppressed | Status::Dismissed | Status::Archived => {
            separate(&format!("{named} is {}, and that cures nothing", parent.status.as_str()))
        }
        _ => Move::WaitUntil(now + LOOK),
    }
}

fn after(parent: &str, cured: DateTime<Utc>, last_at: DateTime<Utc>, quiet: TimeDelta, now: DateTime<Utc>) -> Move {
    if last_at > cured + ECHO {
        let later = (last_at - cured).num_seconds();
        return separate(&format!("it was seen {later} s after {parent} was cured, so that was not its cause"));
    }
    if now < cured + quiet.max(ECHO) {
        return Move::WaitUntil(cured + quiet.max(ECHO));
    }
    let why = format!("it was not seen for {} s since {parent} was cured", (now - cured).num_seconds());
    record(Body::Dismissed { verdict: Verdict::Recovered, why })
}

fn separate(why: &str) -> Move {
    record(Body::Separated { why: why.to_owned() })
}

fn record(body: Body) -> Move {
    Move::Record(Box::new(body))
}
