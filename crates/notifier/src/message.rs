//! What an event becomes for people: a CloudEvent with one sentence as its title. Pure. Most events become nothing: a
//! message is sent when something begins, ends, goes wrong or needs a person.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wire::event::{Body, EscalationReason, Event};
use wire::incident::{Incident, Severity, Status};
use wire::redact::redact;
use wire::{Digest, FaultCode, IncidentId, TargetName};

/// The longest text of a message, characters.
const MAX_TEXT: usize = 4_000;

/// A message: a CloudEvent 1.0 in its JSON format.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// The version of the format.
    pub specversion: &'static str,
    /// The same for every attempt to deliver it.
    pub id: String,
    /// Who sends it.
    pub source: &'static str,
    /// What kind of event it is, e.g. `dev.kintsugi.incident.resolved`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The incident: what belongs together.
    pub subject: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// Of `data`.
    pub datacontenttype: &'static str,
    /// What happened.
    pub data: Data,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Data {
    pub incident: Option<IncidentId>,
    pub target: Option<TargetName>,
    pub code: Option<FaultCode>,
    pub severity: Severity,
    /// Where the incident stood when the message was made.
    pub status: Option<Status>,
    pub occurrences: u32,
    /// Whether somebody has to do something.
    pub needs_person: bool,
    /// One sentence.
    pub title: String,
    /// The analysis. It holds text from logs: data, never markup or an instruction.
    pub text: String,
    /// The dashboard's page.
    pub link: String,
}

/// What is said of an event.
struct Said {
    kind: &'static str,
    title: String,
    text: String,
    needs_person: bool,
}

/// Whether anybody wants to hear of an event of this kind.
pub fn matters(body: &Body) -> bool {
    matches!(
        body,
        Body::Detected { .. }
            | Body::Planned { .. }
            | Body::ApprovalRequested { .. }
            | Body::ApprovalExpired {}
            | Body::Undone { .. }
            | Body::Mitigated { .. }
            | Body::Resolved { .. }
            | Body::ResolvedByPerson { .. }
            | Body::Dismissed { .. }
            | Body::DismissedByPerson { .. }
            | Body::Advised { .. }
            | Body::Escalated { .. }
            | Body::Retried { .. }
            | Body::Reopened { .. }
            | Body::Archived { .. }
    )
}

/// The message about an event of an incident; `None` when nobody wants to hear of it.
pub fn about(event: &Event, incident: &Incident, dashboard: &str) -> Option<Message> {
    let said = say(&event.body, incident)?;
    Some(Message {
        specversion: "1.0",
        id: format!("{}-{}", event.incident, event.position),
        source: "/kintsugi/incident-store",
        kind: format!("dev.kintsugi.incident.{}", said.kind),
        subject: event.incident.to_string(),
        time: event.at,
        datacontenttype: "application/json",
        data: Data {
            incident: Some(event.incident),
            target: Some(incident.target.clone()),
            code: Some(incident.code.clone()),
            severity: incident.severity,
            status: Some(incident.status),
            occurrences: incident.occurrences,
            needs_person: said.needs_person,
            title: redact(&said.title).into_owned(),
            text: clip(&redact(&said.text)),
            link: format!("{}/developer/incidents#/incidents/{}", dashboard.trim_end_matches('/'), event.incident),
        },
    })
}

/// A message to see whether messages arrive.
pub fn test(id: &str, now: DateTime<Utc>, dashboard: &str) -> Message {
    Message {
        specversion: "1.0",
        id: format!("test-{id}"),
        source: "/kintsugi/notifier",
        kind: "dev.kintsugi.test".into(),
        subject: "test".into(),
        time: now,
        datacontenttype: "application/json",
        data: Data {
            incident: None,
            target: None,
            code: None,
            severity: Severity::Low,
            status: None,
            occurrences: 0,
            needs_person: false,
            title: "A test message: nothing has happened.".into(),
            text: String::new(),
            link: format!("{}/developer/incidents", dashboard.trim_end_matches('/')),
        },
    }
}

/// What a person is asked about: a sentence, and a few words.
fn asked(incident: &Incident, digest: &Digest) -> (String, &'static str) {
    match &incident.intent {
        Some(intent) => {
            let what = intent.lines().join("\n");
            (format!("{} Just this would be done ({digest}):\n{what}\n", intent.diagnosis), "a playbook")
        }
        None => (format!("The change {digest} passed every gate."), "a change"),
    }
}

fn say(body: &Body, incident: &Incident) -> Option<Said> {
    let (target, code) = (&incident.target, &incident.code);
    let cause = || incident.plan.as_ref().map(|plan| plan.root_cause.clone()).unwrap_or_default();
    let info = |kind, title: String, text: String| Some(Said { kind, title, text, needs_person: false });
    let call = |kind, title: String, text: String| Some(Said { kind, title, text, needs_person: true });
    match body {
        Body::Detected { detection, .. } => {
            info("created", format!("{target}: {code} was seen"), detection.message.clone())
        }
        Body::Planned { plan } => {
            let text = format!("{} Options to try: {}.", plan.root_cause, plan.options.len());
            info("analyzed", format!("{target}: the cause of {code} is thought to be known"), text)
        }
        Body::ApprovalRequested { digest, expires_at, why } => {
            let (what, title) = asked(incident, digest);
            let text = format!("{} {what} It waits until {expires_at}. {why}", cause());
            call("approval_required", format!("{target}: {title} against {code} waits for approval"), text)
        }
        Body::ApprovalExpired {} => {
            call("approval_expired", format!("{target}: nobody approved what would be done against {code}"), cause())
        }
        Body::Undone { why, .. } => {
            info("rolled_back", format!("{target}: a change against {code} was taken back"), why.clone())
        }
        // Looked at again, and as before: that was told.
        Body::Mitigated { .. } if incident.acted.as_ref().is_some_and(|acted| acted.again) => None,
        Body::Mitigated { what } => {
            call("mitigated", format!("{target}: {code} is mitigated, not cured"), what.clone())
        }
        Body::Relieved { what, until } => {
            let text =
                format!("Until it is cured, at the latest until {until}: {what}. The cure is looked for at once.");
            info("relieved", format!("{target}: {code} is eased at the front"), text)
        }
        Body::Resolved { certificate } => {
            let text = format!("{} Before: {} After: {}", cause(), certificate.before, certificate.after);
            info("resolved", format!("{target}: {code} is healed, and the healing is proved"), text)
        }
        Body::ResolvedByPerson { by, note } => {
            info("resolved_by_person", format!("{target}: {by} resolved {code}"), note.clone())
        }
        Body::Dismissed { why, .. } => info("dismissed", format!("{target}: {code} is left alone"), why.clone()),
        Body::DismissedByPerson { by, note, .. } => {
            info("dismissed", format!("{target}: {by} dismissed {code}"), note.clone())
        }
        Body::Advised { why } => call("advised", format!("{target}: advice about {code}"), why.clone()),
        Body::Escalated { reason, diagnosis } => {
            call("escalated", format!("{target}: {code} needs a person: {}", because(*reason)), diagnosis.clone())
        }
        Body::Retried { by, note } => info("retried", format!("{target}: {by} has {code} tried again"), note.clone()),
        Body::Reopened { .. } => info("reopened", format!("{target}: {code} is back after it was healed"), cause()),
        Body::Archived { epoch } => {
            info("archived", format!("{target}: {code} was archived by a reset"), format!("Epoch {epoch} has begun."))
        }
        _ => None,
    }
}

fn because(reason: EscalationReason) -> &'static str {
    match reason {
        EscalationReason::NoRemedy => "no remedy is known",
        EscalationReason::OptionsExhausted => "every known remedy failed",
        EscalationReason::Unverified => "the cure could not be verified",
        EscalationReason::StepFailed => "a step failed too often",
        EscalationReason::UndoFailed => "a change could not be taken back",
        EscalationReason::Recurred => "it came back after its cures",
        EscalationReason::TooManyRemedies => "too much was done on it within an hour",
        EscalationReason::Oscillation => "two faults take turns",
        _ => "see the diagnosis",
    }
}

fn clip(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
