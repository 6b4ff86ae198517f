//! From what was read to what people see. Pure.

use crate::rows::cut;
use crate::story;
use chrono::{DateTime, Utc};
use wire::Cursor;
use wire::apply::MAX_RETRIES;
use wire::check::check;
use wire::detection::Detection;
use wire::event::{Body, Event};
use wire::incident::Incident;
use wire::related::Relative;
use wire::timeline::Timeline;
use wire::transitions::{self, Trigger};
use wire::verification::GateReport;
use wire::view::{CheckView, Detail, GateView, Reached};

/// The longest evidence, characters.
const MAX_EVIDENCE: usize = 4_000;
/// What a person may say, and the event it becomes.
const ACTIONS: [(&str, &str); 5] = [
    ("approve", "approved"),
    ("reject", "approval_rejected"),
    ("resolve", "resolved_by_person"),
    ("dismiss", "dismissed_by_person"),
    ("retry", "retried"),
];

/// What was read of an incident.
pub(super) struct Read {
    pub(super) incident: Incident,
    pub(super) events: Vec<Event>,
    pub(super) truncated: bool,
    pub(super) occurrences_total: u64,
    pub(super) cursor: Cursor,
    pub(super) parent: Option<Relative>,
    pub(super) children: Vec<Relative>,
}

pub(super) fn of(read: Read) -> Detail {
    let Read { incident, events, truncated, occurrences_total, cursor, parent, children } = read;
    let timeline = Timeline::of(&events);
    let (diff, gates) = change(&incident, &events);
    let plan = incident.plan.as_ref();
    let may_retry = incident.may_be_retried() && incident.commit.is_none() && incident.retries < MAX_RETRIES;
    let can = |kind: &'static str| {
        transitions::to(incident.status, Trigger { kind, step: None }).is_some() && (kind != "retried" || may_retry)
    };
    Detail {
        story: story::tell(&events),
        stages: stages(&timeline),
        total_ms: timeline.total_ms(),
        platform_ms: timeline.platform_ms(),
        neighbours: plan.map(|plan| plan.retrieval.neighbours.clone()).unwrap_or_default(),
        diff,
        lines: lines(&incident.detection),
        gates: gates.into_iter().map(shown).collect(),
        check: checked(&events, &incident, truncated),
        parent,
        children,
        occurrences_total,
        actions: ACTIONS.iter().filter(|(_, kind)| can(kind)).map(|(action, _)| (*action).to_owned()).collect(),
        cursor,
        truncated,
        events,
        incident,
    }
}

/// The change in force with its gates, else the last one that was refused.
fn change(incident: &Incident, events: &[Event]) -> (Option<String>, Vec<GateReport>) {
    if let Some(proposal) = &incident.proposal {
        return (Some(proposal.diff.clone()), proposal.gates.clone());
    }
    let last = events.iter().rev().find_map(|event| match &event.body {
        Body::Refused { refusal, .. } if refusal.diff.is_some() => Some((refusal.diff.clone(), refusal.gates.clone())),
        Body::Admitted { proposal, .. } => Some((Some(proposal.diff.clone()), proposal.gates.clone())),
        _ => None,
    });
    last.unwrap_or_default()
}

fn stages(timeline: &Timeline) -> Vec<Reached> {
    let mut stages: Vec<_> = timeline.stages.iter().map(|(stage, at)| (*at, *stage)).collect();
    stages.sort();
    let mut before: Option<DateTime<Utc>> = None;
    let reached = stages.into_iter().map(|(at, stage)| {
        let since = at - before.replace(at).unwrap_or(at);
        Reached { stage, at, ms: since.num_microseconds().map_or(0.0, |us| us as f64 / 1_000.0) }
    });
    reached.collect()
}

/// The failing line among the lines around it, once.
fn lines(detection: &Detection) -> Vec<String> {
    let line = detection.line.iter().filter(|line| !detection.context.contains(line));
    line.chain(&detection.context).cloned().collect()
}

fn shown(report: GateReport) -> GateView {
    let evidence = match &report.evidence {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let GateReport { gate, passed, code, why, .. } = report;
    GateView { gate, passed, code, why, evidence: cut(&evidence, MAX_EVIDENCE) }
}

fn checked(events: &[Event], incident: &Incident, truncated: bool) -> CheckView {
    if truncated {
        let text = format!("the journal has more than {} events: `kintsugi incidents verify` checks all", events.len());
        return CheckView { holds: false, text, found: None };
    }
    match check(events, Some(incident)) {
        Ok(found) => {
            let text = format!(
                "{} events, the chain holds, {} certificate(s) agree, and the row is what the journal says",
                found.events, found.certificates
            );
            CheckView { holds: true, text, found: Some(found) }
        }
        Err(doubt) => {
            let cause = std::error::Error::source(&doubt).map(|source| format!(": {source}"));
            CheckView { holds: false, text: format!("{doubt}{}", cause.unwrap_or_default()), found: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{incident, journal, proposal};
    use serde_json::json;
    use wire::incident::Status;
    use wire::proposal::Refusal;
    use wire::verification::Gate;

    fn read(incident: Incident, events: Vec<Event>) -> Detail {
        let cursor = Cursor::default();
        of(Read { incident, events, truncated: false, occurrences_total: 1, cursor, parent: None, children: vec![] })
    }

    #[test]
    fn what_a_person_may_say_follows_from_the_status() {
        let actions = |status| read(Incident { status, ..incident() }, journal([])).actions;
        assert_eq!(actions(Status::AwaitingApproval), ["approve", "reject"]);
        assert_eq!(actions(Status::Escalated), ["resolve", "dismiss", "retry"]);
        let often = Incident { status: Status::Escalated, retries: MAX_RETRIES, ..incident() };
        assert_eq!(read(often, journal([])).actions, ["resolve", "dismiss"]);
        let commit = Some("c".repeat(40).parse().expect("a commit's id"));
        let standing = Incident { status: Status::Escalated, commit, ..incident() };
        assert_eq!(read(standing, journal([])).actions, ["resolve", "dismiss"], "what stands is seen to first");
        assert_eq!(actions(Status::Detected), ["dismiss"]);
        assert!(actions(Status::Deploying).is_empty() && actions(Status::Archived).is_empty());
    }

    #[test]
    fn the_change_in_force_is_shown_and_else_the_last_that_was_refused() {
        let refused = |diff: &str| Body::Refused {
            option: 0,
            refusal: Refusal { code: "tests".into(), why: "red".into(), diff: Some(diff.into()), gates: vec![] },
        };
        let events = journal([refused("first"), refused("second")]);
        assert_eq!(read(incident(), events.clone()).diff.as_deref(), Some("second"));
        let with = Incident { proposal: Some(Box::new(proposal("third"))), ..incident() };
        assert_eq!(read(with, events).diff.as_deref(), Some("third"));
        assert_eq!(read(incident(), journal([])).diff, None);
    }

    #[test]
    fn the_line_stands_among_its_neighbours_once() {
        let with = |line: &str, context: &[&str]| {
            let context = context.iter().map(|line| (*line).to_owned()).collect();
            lines(&Detection { line: Some(line.into()), context, ..incident().detection })
        };
        assert_eq!(with("b", &["a", "b"]), ["a", "b"]);
        assert_eq!(with("c", &["a", "b"]), ["c", "a", "b"]);
    }

    #[test]
    fn evidence_is_text_and_cut() {
        let gate =
            |evidence| GateReport { gate: Gate::Build, passed: true, code: "ok".into(), why: "".into(), evidence };
        assert_eq!(shown(gate(json!("tail"))).evidence, "tail");
        assert_eq!(shown(gate(json!(null))).evidence, "");
        assert_eq!(shown(gate(json!({"a": 1}))).evidence, "{\n  \"a\": 1\n}");
        assert_eq!(shown(gate(json!("ü".repeat(9_000)))).evidence.chars().count(), MAX_EVIDENCE + 1);
    }

    #[test]
    fn a_journal_that_does_not_hold_is_said_so_with_the_cause() {
        let check = read(incident(), journal([])).check;
        assert!(!check.holds && check.text.contains("the hash chain is broken: event 1"), "{}", check.text);
    }
}
