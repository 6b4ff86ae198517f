//! What is to be done about a hand-over now. Pure: no clock, no I/O.

use super::record::{Kept, Record};
use chrono::{DateTime, TimeDelta, Utc};
use wire::handover::{MAX_RETRIES, Outcome};
use wire::incident::{Incident, Status};
use wire::plan::Verdict;

/// How long the incident of a named occurrence is waited for: the target's own report, or its log line, is on its way.
pub(super) const ADOPT: TimeDelta = TimeDelta::seconds(5);
/// How long after a failed repetition the call is repeated once more, where the incident stays well: something may not have
/// come to rest when it was healed.
const SETTLE: TimeDelta = TimeDelta::seconds(5);
/// How soon a failure is reported again that could not be.
const AGAIN: TimeDelta = TimeDelta::seconds(1);
/// What is kept of the time to say the answer.
const LAST: TimeDelta = TimeDelta::milliseconds(500);
/// Less time than this is none for a call, and as much is kept to write down what came of it.
const LEAST: TimeDelta = TimeDelta::milliseconds(100);
/// With less than this left nothing is begun any more: [`LAST`] and twice [`LEAST`].
const END: TimeDelta = TimeDelta::milliseconds(700);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Move {
    /// Nothing before that, unless the incident moves.
    Wait(DateTime<Utc>),
    /// Find the incident of the named occurrence; until the time there is none, look again.
    Find(DateTime<Utc>),
    /// Find the fault by the failure, and report it; at the time, again.
    Report(DateTime<Utc>),
    /// The last repetition has no outcome any more.
    Lose,
    /// Repeat the call.
    Repeat(Repetition),
    /// Answer.
    End(Outcome),
}

/// A repetition of the call, as it is intended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repetition {
    pub(super) number: u32,
    pub(super) mitigated: bool,
    /// In which good state of the incident: it is repeated once in each.
    pub(super) basis: String,
    /// How long it may take.
    pub(super) limit: TimeDelta,
    /// After that nobody waits for its outcome.
    pub(super) until: DateTime<Utc>,
}

/// How the incident stands, as far as a call is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// It is worked on, or waits for somebody who may still come in time.
    UnderWay,
    /// A call may succeed.
    Well { mitigated: bool, basis: String },
    /// Nothing more is done about it.
    Over,
}

/// `verdict` is what the incident was dismissed as; `is_reported` is whether the failure counts as an occurrence of it, which
/// it does not where it was healed before; `timeout` is the target's for one call.
pub(super) fn next(
    record: &Record,
    incident: Option<&Incident>,
    verdict: Option<Verdict>,
    is_reported: bool,
    timeout: TimeDelta,
    now: DateTime<Utc>,
) -> Move {
    if let Some(kept) = record.in_flight() {
        return if now < kept.until { Move::Wait(kept.until) } else { Move::Lose };
    }
    let Some(incident) = incident else { return unknown_yet(record, now) };
    let standing = standing(incident, verdict, record.request.call.is_safe(), now);
    let left = record.deadline - now;
    if left <= END {
        return Move::End(at_the_end(record, &standing));
    }
    let fails_still = record.attempts.last().is_some_and(|last| !last.attempt.unknown && !last.is_final());
    if fails_still && !is_reported && incident.status == Status::Resolved {
        return report(record, now);
    }
    let attempts = record.attempts.len();
    if attempts >= MAX_RETRIES as usize || record.attempts.last().is_some_and(Kept::is_final) {
        return Move::End(given_up(record));
    }
    let Standing::Well { mitigated, basis } = standing else {
        let is_over = standing == Standing::Over;
        return if is_over { Move::End(given_up(record)) } else { Move::Wait(record.deadline - END) };
    };
    if !record.request.may_repeat() {
        // A relief may pass before its caller repeats the call: the cure is waited for.
        return if mitigated { Move::Wait(record.deadline - END) } else { Move::End(Outcome::NotRetried) };
    }
    match again_at(record, mitigated, &basis) {
        Some(at) if at > now => Move::Wait(at.min(record.deadline - END)),
        _ => {
            let limit = timeout.min(left - LAST - LEAST);
            let until = (now + limit + LAST).min(record.deadline - LAST);
            let number = u32::try_from(attempts).unwrap_or(MAX_RETRIES) + 1;
            Move::Repeat(Repetition { number, mitigated, basis, limit, until })
        }
    }
}

fn unknown_yet(record: &Record, now: DateTime<Utc>) -> Move {
    if now >= record.deadline - LAST {
        return Move::End(Outcome::Failed);
    }
    let end = record.accepted_at + ADOPT;
    if record.request.failure.event_id.is_some() && now < end { Move::Find(end) } else { report(record, now) }
}

fn report(record: &Record, now: DateTime<Utc>) -> Move {
    Move::Report((now + AGAIN).min(record.deadline - LAST))
}

fn standing(incident: &Incident, verdict: Option<Verdict>, is_safe: bool, now: DateTime<Utc>) -> Standing {
    let well = |mitigated, basis| Standing::Well { mitigated, basis };
    match incident.status {
        Status::Resolved => well(false, format!("resolved {:?}", incident.resolved_at)),
        Status::Dismissed if verdict == Some(Verdict::Recovered) => well(false, "recovered".to_owned()),
        // A playbook's relief is at the target itself. A front's is not, and is judged below.
        Status::Mitigated if incident.acted.is_some() => well(true, "mitigated".to_owned()),
        Status::Dismissed | Status::Escalated | Status::Advised | Status::Suppressed | Status::Archived => {
            Standing::Over
        }
        // What the front answers in the target's place can stand for an answer, not for an effect.
        _ if is_safe && is_eased(incident, now) => well(true, "mitigated".to_owned()),
        _ => Standing::UnderWay,
    }
}

fn is_eased(incident: &Incident, now: DateTime<Utc>) -> bool {
    incident.eased.as_ref().is_some_and(|eased| eased.stands() && !eased.what.is_empty() && now < eased.until)
}

/// When a call may be repeated that was repeated before; none: at once. A relief is tried once, the last repetition is
/// kept for the cure.
fn again_at(record: &Record, mitigated: bool, basis: &str) -> Option<DateTime<Utc>> {
    let last = record.attempts.last().filter(|last| last.basis == basis)?;
    if mitigated { Some(record.deadline) } else { Some(last.ended_at? + SETTLE) }
}

/// What it came to where nothing more can be done.
fn given_up(record: &Record) -> Outcome {
    if record.attempts.last().is_some_and(|last| last.attempt.unknown) { Outcome::Unverified } else { Outcome::Failed }
}

/// What it came to where the time is over.
fn at_the_end(record: &Record, standing: &Standing) -> Outcome {
    let is_well = matches!(standing, Standing::Well { .. });
    if is_well && !record.request.may_repeat() { Outcome::NotRetried } else { given_up(record) }
}

#[cfg(test)]
mod tests;
