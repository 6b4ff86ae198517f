//! What a caller is told in the place of a raw error. Pure.

use super::record::Record;
use super::tell::outcome_of;
use crate::rows::cut;
use wire::event::Body;
use wire::handover::{Answer, Diagnosis, Outcome};
use wire::incident::{Incident, Status};
use wire::redact;

/// The longest text of a list, characters, and how many there are at most.
const MAX_TEXT: usize = 500;
const MOST: usize = 12;
/// The longest text of the incident's own, characters.
const MAX_DETAIL: usize = 4_000;

/// The answer of a call that did not come to a good one. `word` is the incident's last word, where it has one.
pub(super) fn answer(outcome: Outcome, record: &Record, incident: Option<&Incident>, word: Option<&Body>) -> Answer {
    let message = match (outcome, incident) {
        (Outcome::NotRetried, Some(incident)) if incident.status == Status::Mitigated => {
            "The fault is eased and its cure is open; the call was not repeated, as it may only be carried out once."
        }
        (Outcome::NotRetried, _) => {
            "What failed the call is healed; the call was not repeated, as it may only be carried out once."
        }
        (Outcome::Unverified, _) => "The call was sent again, and nobody knows what came of it.",
        (_, None) => "The call could not be brought together with an incident in time.",
        (_, Some(_)) if !record.attempts.is_empty() => "The call was repeated, and did not come to a good answer.",
        (_, Some(incident)) if incident.status.is_open() && !rests(incident.status) => {
            "What failed the call was not healed in time; the incident is still worked on."
        }
        _ => "What failed the call was not healed.",
    };
    let diagnosis = Some(Box::new(diagnosis(outcome, record, incident, word)));
    Answer { outcome, message: message.to_owned(), mitigated: false, response: None, diagnosis }
}

/// The answer of a call that the target refused: there is nothing to heal, and nobody is called.
pub(super) fn refused(record: &Record) -> Answer {
    let shown = record.request.call.shown();
    let diagnosis = Diagnosis {
        incident: None,
        code: None,
        status: None,
        root_cause: "The call itself: the target refused it, and nothing in its answer speaks of a fault.".to_owned(),
        tried: Vec::new(),
        evidence: evidence_of_caller(record),
        advice: format!("Mend the call ({shown}): the same again is refused again."),
        detail: String::new(),
    };
    let message = "The target refused the call: mend the call.".to_owned();
    let diagnosis = Some(Box::new(diagnosis));
    Answer { outcome: Outcome::Failed, message, mitigated: false, response: None, diagnosis }
}

fn diagnosis(outcome: Outcome, record: &Record, incident: Option<&Incident>, word: Option<&Body>) -> Diagnosis {
    let repeated = record.attempts.iter().map(|kept| format!("Repetition {}", outcome_of(&kept.attempt)));
    let Some(incident) = incident else {
        return Diagnosis {
            incident: None,
            code: None,
            status: None,
            root_cause: "It is not known: the failure was not recorded as an incident.".to_owned(),
            tried: repeated.collect(),
            evidence: evidence_of_caller(record),
            advice: "Look at `kintsugi status` and at the log of incident-store.".to_owned(),
            detail: String::new(),
        };
    };
    let skipped = incident.refusals.len().saturating_sub(MOST);
    let refused = incident.refusals.iter().skip(skipped).map(|refusal| shown(refusal));
    let acted = incident.acted.iter().map(|acted| shown(&acted.what));
    let known = incident.plan.as_ref().map(|plan| plan.root_cause.trim()).filter(|cause| !cause.is_empty());
    Diagnosis {
        incident: Some(incident.id),
        code: Some(incident.code.clone()),
        status: Some(incident.status),
        root_cause: known.map_or_else(|| "It is not known yet: there is no plan.".to_owned(), shown),
        tried: acted.chain(refused).chain(repeated).collect(),
        evidence: evidence_of_caller(record).into_iter().chain(evidence(incident)).collect(),
        advice: advice(outcome, incident),
        detail: word.map(|word| cut(&redact(&crate::story::sentence(word)), MAX_DETAIL)).unwrap_or_default(),
    }
}

fn evidence_of_caller(record: &Record) -> Vec<String> {
    let failure = &record.request.failure;
    let status = failure.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
    let error = failure.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    vec![shown(&format!("{}: {status}{error}", record.request.call.shown()))]
}

fn evidence(incident: &Incident) -> Vec<String> {
    let detection = &incident.detection;
    let message = (!detection.message.is_empty()).then(|| shown(&detection.message));
    let line = detection.line.as_deref().map(shown);
    let near = incident.plan.iter().flat_map(|plan| plan.retrieval.neighbours.first());
    let near = near.map(|near| format!("The nearest known incident is “{}” ({}).", near.title, near.document));
    message.into_iter().chain(line).chain(near.map(|text| shown(&text))).collect()
}

fn advice(outcome: Outcome, incident: &Incident) -> String {
    let (id, target) = (incident.id, &incident.target);
    let show = format!("`kintsugi incidents show {id}` tells the whole story");
    match (outcome, incident.status) {
        (Outcome::NotRetried, _) => {
            "Find out whether the call was carried out; if it was not, make it again.".to_owned()
        }
        (Outcome::Unverified, _) => "Find out whether the call was carried out before you make it again.".to_owned(),
        (_, Status::Escalated | Status::Advised) => {
            format!(
                "A person is needed, and knows by now: {show}, and `kintsugi incidents retry {id}` has it tried again."
            )
        }
        (_, Status::AwaitingApproval) => {
            format!("A change waits for approval: {show}, and `kintsugi incidents approve {id}` lets it in.")
        }
        (_, Status::Dismissed) => format!("There is nothing to heal in {target}; look at the call itself. {show}."),
        (_, Status::Archived) => "A reset has ended the recovery: make the call again.".to_owned(),
        (_, Status::Resolved) => format!("{target} is healed of this; look at the call's own answer. {show}."),
        (_, Status::Mitigated) => format!("{target} is eased and not cured: make the call again later. {show}."),
        (_, Status::Suppressed) => format!("It is known and left alone: {show}."),
        (_, _) => format!("It is still worked on: make the call again later. {show}."),
    }
}

fn rests(status: Status) -> bool {
    matches!(status, Status::Escalated | Status::Advised | Status::Suppressed)
}

fn shown(text: &str) -> String {
    cut(&redact(text), MAX_TEXT)
}
