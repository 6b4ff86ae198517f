//! What a caller is told of an incident's journal. Pure.

use crate::rows::cut;
use crate::story;
use chrono::{DateTime, Utc};
use wire::event::{Body, Event};
use wire::handover::{Answer, Attempt, Notice, NoticeName, Outcome};
use wire::incident::Incident;
use wire::redact;

/// The longest sentence, characters.
const MAX_TEXT: usize = 300;
/// Beyond so many notices, signs of progress are not told any more.
const MANY: u32 = 400;

/// What is told of an event; none when it does not matter to who waits. `told` is how much was told before.
pub(super) fn of_event(event: &Event, told: u32) -> Option<Notice> {
    let name = match &event.body {
        Body::Occurred { .. } | Body::Learned { .. } => return None,
        Body::Planned { .. } | Body::Dismissed { .. } => NoticeName::HealingDiagnosed,
        Body::Mitigated { .. } | Body::Relieved { .. } => NoticeName::HealingMitigated,
        _ if told >= MANY => return None,
        _ => NoticeName::HealingProgress,
    };
    let text = redact(&story::sentence(&event.body)).into_owned();
    Some(Notice { position: Some(event.position), ..notice(name, event.at, text) })
}

/// That the incident is found.
pub(super) fn started(incident: &Incident, now: DateTime<Utc>) -> Notice {
    let (code, id) = (&incident.code, incident.id);
    let text = format!("The call belongs to incident {id} ({code}), which is {}.", incident.status.as_str());
    notice(NoticeName::HealingStarted, now, text)
}

/// That the call is about to be repeated.
pub(super) fn retrying(attempt: &Attempt, basis: &str) -> Notice {
    let text = format!("The call is repeated ({} of {}): {basis}.", attempt.number, wire::handover::MAX_RETRIES);
    notice(NoticeName::HealingRetrying, attempt.at, text)
}

/// What a repetition came to that did not bring the answer.
pub(super) fn not_well(attempt: &Attempt, now: DateTime<Utc>) -> Notice {
    notice(NoticeName::HealingProgress, now, format!("Repetition {}", outcome_of(attempt)))
}

/// A repetition in words.
pub(super) fn outcome_of(attempt: &Attempt) -> String {
    let number = attempt.number;
    match (attempt.status, &attempt.error) {
        _ if attempt.unknown => format!("{number} was begun, and nobody knows what came of it."),
        (Some(status), _) => format!("{number} was answered with {status}."),
        (None, Some(error)) => format!("{number} had no answer: {error}."),
        (None, None) => format!("{number} is on its way."),
    }
}

/// The last one.
pub(super) fn ended(answer: &Answer, now: DateTime<Utc>) -> Notice {
    let is_good = answer.outcome == Outcome::Succeeded;
    let name = if is_good { NoticeName::HealingSucceeded } else { NoticeName::HealingFailed };
    Notice { answer: Some(Box::new(answer.clone())), ..notice(name, now, answer.message.clone()) }
}

fn notice(name: NoticeName, at: DateTime<Utc>, text: String) -> Notice {
    Notice { place: 0, name, at, text: cut(&text, MAX_TEXT), position: None, answer: None }
}
