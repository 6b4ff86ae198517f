//! How much may be done on one target in an hour: a supervisor that restarts without end heals nothing (Erlang/OTP calls the bound the
//! restart intensity), and neither do two remedies of which each brings back what the other heals. Pure.

use crate::diagnosis;
use crate::next::Move;
use chrono::{DateTime, TimeDelta, Utc};
use wire::event::{Body, EscalationReason, Step};
use wire::incident::{Incident, Status};
use wire::remedies::{RecentRemedy, TOLD_FOR};

/// After so many turns of each of two faults it is no chance.
const TURNS: usize = 2;
/// Each turn begins so soon after the one before.
const TURN: TimeDelta = TimeDelta::minutes(10);

/// Whether what was done of late matters for this move: it begins a change. What stands and is only looked at again does not.
pub fn concerns(incident: &Incident, planned: &Move) -> bool {
    let begins = matches!(planned, Move::Start { step: Step::Push | Step::Act, .. });
    begins && incident.status != Status::Mitigated
}

/// What is done after these remedies on its target, oldest first, where this was planned.
pub fn decide(incident: &Incident, recent: &[RecentRemedy], at_most: u32, planned: Move, now: DateTime<Utc>) -> Move {
    let recent: Vec<&RecentRemedy> = recent.iter().filter(|remedy| remedy.at > now - TOLD_FOR).collect();
    if is_a_persons_word(incident, &recent) {
        return planned;
    }
    if let Some(other) = turns(incident, &recent, now) {
        let why = format!("{} and {} took turns on {}", incident.code, other.code, incident.target);
        return escalate(incident, EscalationReason::Oscillation, &why);
    }
    if recent.len() >= usize::try_from(at_most).unwrap_or(usize::MAX) {
        let why = format!(
            "{} changes were made on {} within the last hour, and `remedies_per_hour` is {at_most}",
            recent.len(),
            incident.target
        );
        return escalate(incident, EscalationReason::TooManyRemedies, &why);
    }
    planned
}

/// The fault that this one takes turns with, up to now: other, own, other, own. Changes for one fault after another are one turn.
fn turns<'a>(incident: &Incident, recent: &[&'a RecentRemedy], now: DateTime<Utc>) -> Option<&'a RecentRemedy> {
    let mut turns: Vec<&RecentRemedy> = Vec::new();
    let mut later = now;
    for remedy in recent.iter().rev() {
        // What lies far apart is a coincidence.
        if later - remedy.at > TURN {
            break;
        }
        later = remedy.at;
        if turns.last().is_none_or(|last| last.code != remedy.code) {
            turns.push(remedy);
        }
    }
    let newest = turns.first().copied().filter(|newest| newest.code != incident.code)?;
    let expected = [&newest.code, &incident.code].into_iter().cycle().take(2 * TURNS);
    (turns.len() >= 2 * TURNS && turns.iter().zip(expected).all(|(turn, code)| turn.code == *code)).then_some(newest)
}

/// A person has approved this change, or had it tried again since it was last changed.
fn is_a_persons_word(incident: &Incident, recent: &[&RecentRemedy]) -> bool {
    let own = recent.iter().filter(|remedy| remedy.incident == incident.id).count();
    incident.approved.is_some() || own < usize::try_from(incident.retries).unwrap_or(usize::MAX)
}

fn escalate(incident: &Incident, reason: EscalationReason, why: &str) -> Move {
    let diagnosis = diagnosis::because(incident, reason, why);
    Move::Record(Box::new(Body::Escalated { reason, diagnosis }))
}
