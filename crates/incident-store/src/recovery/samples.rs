//! What an event says in numbers. Pure.

use super::series::{Family, OTHER, Sample};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use wire::event::{Body, Event};
use wire::incident::Severity;
use wire::rollout::RolloutOutcome;
use wire::span::Stage;
use wire::target::Catalogue;
use wire::timeline::Timeline;

/// Whose an event is, as labels: bounded by the catalogue.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    target: String,
    code: String,
    severity: Severity,
}

impl Whose {
    pub(super) fn new(catalogue: &Catalogue, target: &str, code: &str, severity: Severity) -> Self {
        let file = catalogue.iter().find(|(name, _)| name.as_str() == target).map(|(_, file)| file);
        let is_known = file.is_some_and(|file| file.faults.iter().any(|fault| fault.code.as_str() == code));
        let bounded = |text: &str, known: bool| (if known { text } else { OTHER }).to_owned();
        Self { target: bounded(target, file.is_some()), code: bounded(code, is_known), severity }
    }

    fn one(&self, family: Family, more: &'static str) -> Sample {
        let (target, code) = (self.target.clone(), self.code.clone());
        let labels = match family {
            Family::Deploys | Family::Interventions => vec![target, more.to_owned()],
            Family::Reopened => vec![target, code],
            _ => vec![target, code, more.to_owned()],
        };
        Sample { family, labels, value: 1.0 }
    }

    fn ended(&self, outcome: &'static str) -> Sample {
        self.one(Family::Ended, outcome)
    }

    fn person(&self, kind: &'static str) -> Sample {
        self.one(Family::Interventions, kind)
    }
}

/// What an event adds. `before` is the incident's journal up to it, needed where [`needs_journal`] says so.
pub(super) fn of(event: &Event, whose: &Whose, before: &[Event]) -> Vec<Sample> {
    let patch = |outcome| vec![whose.one(Family::Patches, outcome)];
    match &event.body {
        Body::Detected { detection, .. } => {
            let seconds = seconds(detection.at, event.at);
            let detected = Sample { family: Family::Detection, labels: vec![whose.target.clone()], value: seconds };
            vec![whose.one(Family::Incidents, whose.severity.as_str()), detected]
        }
        Body::Refused { .. } => patch("refused"),
        Body::Admitted { .. } => patch("admitted"),
        Body::Pushed { .. } => patch("pushed"),
        Body::Undone { .. } => patch("undone"),
        Body::Deployed { rollout } | Body::DeployFailed { rollout } => {
            vec![whose.one(Family::Deploys, outcome_of(rollout.outcome))]
        }
        Body::Approved { .. } => vec![whose.person("approved")],
        Body::ApprovalRejected { .. } => vec![whose.person("rejected"), whose.ended("escalated")],
        Body::ApprovalExpired {} | Body::Escalated { .. } => vec![whose.ended("escalated")],
        Body::ResolvedByPerson { .. } => vec![whose.person("resolved"), whose.ended("resolved_by_person")],
        Body::DismissedByPerson { .. } => vec![whose.person("dismissed"), whose.ended("dismissed")],
        Body::Retried { .. } => vec![whose.person("retried")],
        Body::Dismissed { .. } => vec![whose.ended("dismissed")],
        Body::Advised { .. } => vec![whose.ended("advised")],
        // Looked at again, and as before: that was counted.
        Body::Mitigated { .. } if was_mitigated(before) => Vec::new(),
        Body::Mitigated { .. } => vec![whose.ended("mitigated")],
        Body::Archived { .. } if is_over(before) => Vec::new(),
        Body::Archived { .. } => vec![whose.ended("archived")],
        Body::Reopened { .. } => vec![whose.one(Family::Reopened, "")],
        Body::Resolved { .. } => resolved(event, whose, before),
        _ => Vec::new(),
    }
}

/// Whether [`of`] must know what came before.
pub(super) fn needs_journal(body: &Body) -> bool {
    matches!(body, Body::Resolved { .. } | Body::Archived { .. } | Body::Mitigated { .. })
}

/// Whether it was mitigated since it began, or came back.
fn was_mitigated(before: &[Event]) -> bool {
    let last = before.iter().rev().find_map(|event| match event.body {
        Body::Mitigated { .. } => Some(true),
        Body::Detected { .. } | Body::Reopened { .. } | Body::Retried { .. } => Some(false),
        _ => None,
    });
    last == Some(true)
}

/// Whether the incident had ended already: then a reset only puts it away.
fn is_over(before: &[Event]) -> bool {
    let last = before.iter().rev().find_map(|event| match event.body {
        Body::Resolved { .. }
        | Body::ResolvedByPerson { .. }
        | Body::Dismissed { .. }
        | Body::DismissedByPerson { .. } => Some(true),
        Body::Detected { .. } | Body::Reopened { .. } => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

fn resolved(event: &Event, whose: &Whose, before: &[Event]) -> Vec<Sample> {
    let stages = stages(event, before);
    let mut samples = vec![whose.ended("resolved")];
    if let Some(line) = stages.get(&Stage::Line) {
        let labels = vec![whose.target.clone(), whose.code.clone()];
        samples.push(Sample { family: Family::Recovery, labels, value: seconds(*line, event.at) });
    }
    let mut reached: Vec<(Stage, DateTime<Utc>)> = stages.into_iter().collect();
    // A stage that was reached again belongs where it was reached last.
    reached.sort_by_key(|(stage, at)| (*at, *stage));
    for ((_, from), (stage, to)) in reached.iter().zip(reached.iter().skip(1)) {
        let labels = vec![stage.as_str().to_owned()];
        samples.push(Sample { family: Family::Stage, labels, value: seconds(*from, *to) });
    }
    samples
}

/// When the stages of this recovery were reached. What came back is recovered from when it came back.
fn stages(event: &Event, before: &[Event]) -> BTreeMap<Stage, DateTime<Utc>> {
    let reopened = before.iter().rposition(|event| matches!(event.body, Body::Reopened { .. }));
    let since = before.get(reopened.unwrap_or(0)..).unwrap_or_default();
    let mut stages = Timeline::of(since).stages;
    if let Some(Event { body: Body::Reopened { happened_at, .. }, at, .. }) = since.first() {
        stages.insert(Stage::Line, *happened_at);
        stages.insert(Stage::Incident, *at);
    }
    stages.remove(&Stage::Unknown);
    stages.insert(Stage::Resolved, event.at);
    stages
}

fn outcome_of(outcome: RolloutOutcome) -> &'static str {
    match outcome {
        RolloutOutcome::Live => "live",
        RolloutOutcome::Refused => "refused",
        RolloutOutcome::RolledBack => "rolled_back",
        RolloutOutcome::Superseded => "superseded",
        RolloutOutcome::Unknown => "unknown",
    }
}

/// Clocks that disagree make no time run backwards.
fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).to_std().unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests;
