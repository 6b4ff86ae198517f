//! What a person is told: everything that was found out, in a few lines. Pure.

use chrono::SecondsFormat;
use wire::event::EscalationReason;
use wire::incident::{Eased, Incident};
use wire::plan::Remedy;

/// The longest text that is journaled, bytes.
const MAX: usize = 8 * 1024;
/// How many of the last failures are told.
const MAX_FAILURES: usize = 12;

/// The diagnosis that goes with an escalation.
pub(crate) fn of(incident: &Incident, reason: EscalationReason) -> String {
    tell(incident, head(reason))
}

/// What is told of an incident that nothing is left for, and that a relief eases.
pub(crate) fn eased(incident: &Incident, reason: EscalationReason, eased: &Eased) -> String {
    let until = eased.until.to_rfc3339_opts(SecondsFormat::Secs, true);
    let ends = "As soon as the failing request is answered well again, that is taken back and the incident is closed; else a person is called then.";
    tell(incident, &format!("{} It is eased until {until}: {}. {ends}", head(reason), eased.what))
}

/// The same with what is known of the reason beside the incident itself.
pub(crate) fn because(incident: &Incident, reason: EscalationReason, why: &str) -> String {
    tell(incident, &format!("{} It is not tried: {why}.", head(reason)))
}

fn head(reason: EscalationReason) -> &'static str {
    match reason {
        EscalationReason::NoRemedy => "No remedy is known for this symptom.",
        EscalationReason::OptionsExhausted => "Every option was refused or failed.",
        EscalationReason::Unverified => "The change is live, but whether it heals could not be told.",
        EscalationReason::StepFailed => {
            "A step gave no result, or the branch moved, more often than the policy allows."
        }
        EscalationReason::UndoFailed => "A change that failed could not be taken back.",
        EscalationReason::Recurred => "It came back after it was thought resolved, and nothing else is known.",
        EscalationReason::ApprovalRejected => "A person rejected the proposal.",
        EscalationReason::ApprovalExpired => "Nobody approved in time.",
        EscalationReason::TooManyRemedies => "More was done on this target within an hour than the policy allows.",
        EscalationReason::Oscillation => "Healing one fault brings the other one back.",
        EscalationReason::Unknown => "A person is needed.",
    }
}

/// The advice where only advice is allowed.
pub(crate) fn advice(incident: &Incident, because: &str) -> String {
    tell(incident, &format!("Nothing was changed: {because}."))
}

fn tell(incident: &Incident, head: &str) -> String {
    let mut lines = vec![head.to_owned()];
    let detection = &incident.detection;
    let reason = detection.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let (target, code, seen) = (&incident.target, &incident.code, incident.occurrences);
    lines.push(format!("Symptom: {code} on {target}{reason}, seen {seen} times: {}", clip(&detection.message, 500)));
    if incident.recurrences > 0 {
        lines.push(format!("It came back {} times.", incident.recurrences));
    }
    lines.extend(plan(incident));
    if let Some(commit) = &incident.commit {
        lines.push(format!("The commit {commit} stands on the branch."));
    } else if incident.status == wire::incident::Status::Admitted
        && incident.attempts.contains_key(&wire::event::Step::Push)
    {
        lines.push("Whether the change was pushed is not known: look at the branch.".to_owned());
    }
    if let Some(why) = &incident.undo {
        lines.push(format!("To be taken back, because: {}", clip(why, 500)));
    }
    let skipped = incident.refusals.len().saturating_sub(MAX_FAILURES);
    lines.extend(incident.refusals.iter().skip(skipped).map(|refusal| format!("- {}", clip(refusal, 500))));
    clip(&lines.join("\n"), MAX)
}

fn plan(incident: &Incident) -> Vec<String> {
    let Some(plan) = &incident.plan else { return vec!["There is no plan.".to_owned()] };
    let mut lines = vec![format!("Cause: {}", clip(&plan.root_cause, 1000))];
    for (index, option) in (0..).zip(&plan.options) {
        let state = match &option.remedy {
            Remedy::Unknown => "of a kind not known here",
            _ if incident.spent.contains(&index) => "came to nothing",
            _ if incident.option == Some(index) => "the last one tried",
            _ if incident.gave_up => "without a result",
            _ => "not tried",
        };
        lines.push(format!("Option {index}: {} ({state})", clip(&option.title, 200)));
    }
    if plan.options.is_empty() {
        let near = plan.retrieval.neighbours.first().map(|near| format!("; the nearest document is {}", near.document));
        lines.push(format!("No option was found{}.", near.unwrap_or_default()));
    }
    lines
}

/// At most so many bytes, cut between characters.
pub(crate) fn clip(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}
