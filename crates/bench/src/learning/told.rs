//! What a journal tells of a recovery. Pure.

use e2e::fleet::diagnosis;
use wire::event::{Body, Event, Step};
use wire::incident::{Incident, Status};

/// Seconds from the detection to the end, and from the first proposal begun to the last one admitted.
pub(super) fn times(journal: &[Event]) -> (f64, f64) {
    let first = |wanted: fn(&Body) -> bool| journal.iter().find(|event| wanted(&event.body)).map(|event| event.at);
    let last = |wanted: fn(&Body) -> bool| journal.iter().rfind(|event| wanted(&event.body)).map(|event| event.at);
    let detected = first(|body| matches!(body, Body::Detected { .. }));
    let begun = first(|body| matches!(body, Body::Started { step: Step::Propose, .. }));
    let admitted = last(|body| matches!(body, Body::Admitted { .. }));
    let ended = last(|body| matches!(body, Body::Resolved { .. } | Body::Escalated { .. }));
    let whole = detected.zip(ended).map(|(from, to)| (to - from).num_milliseconds());
    let proposing = begun.zip(admitted).map(|(from, to)| (to - from).num_milliseconds());
    let [whole, proposing] = [whole, proposing].map(|passed| passed.unwrap_or_default() as f64 / 1000.0);
    (whole, proposing)
}

/// What a cure came from, without the incident's own id.
pub(super) fn origin(told: &str) -> String {
    let kind = |prefix: &str, name: &str| told.starts_with(prefix).then(|| name.to_owned());
    kind("codemod learned-", "a learned rule").or_else(|| kind("model ", "a model")).unwrap_or_else(|| told.to_owned())
}

/// Why an incident was not healed.
pub(super) fn why(incident: &Incident, journal: &[Event]) -> String {
    let mut why = incident.refusals.clone();
    if incident.status != Status::Resolved {
        why.push(format!("{}: {}", incident.status.as_str(), diagnosis(journal)));
    }
    why.join("; ").replace('\n', " ")
}

/// What was told of distilling.
pub(super) fn notes(journal: &[Event]) -> String {
    let told = journal.iter().filter_map(|event| match &event.body {
        Body::Progressed { progress, more, .. } => Some(std::iter::once(progress).chain(more)),
        _ => None,
    });
    let of_rules = told.flatten().filter(|progress| progress.note.contains("distilled")).map(|told| told.note.clone());
    of_rules.collect::<Vec<_>>().join("; ")
}
