use super::*;
use crate::testing;
use chrono::TimeDelta;
use serde_json::{Value, json};
use wire::event::Step;
use wire::transitions::Trigger;

const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const COMMIT: &str = "cccccccccccccccccccccccccccccccccccccccc";

fn whose() -> Whose {
    Whose { target: "t".into(), code: "C".into(), severity: Severity::High }
}

fn body(kind: &str, payload: Value) -> Body {
    let body: Body = serde_json::from_value(json!({"kind": kind, "payload": payload})).unwrap();
    assert_eq!(body.kind(), kind, "the sample is one of its kind");
    body
}

fn rollout(outcome: &str) -> Value {
    json!({"rollout": {"target": "t", "commit": COMMIT, "tree": COMMIT, "outcome": outcome, "why": ""}})
}

fn report() -> Value {
    json!({"report": {"replay": "kr-1", "code": "C", "judgement": "met", "why": "", "took_ms": 1.0}})
}

fn resolved() -> Body {
    let certificate = json!({"position": 1, "head": HASH, "plan": HASH, "replay": "kr-1", "before": "", "after": ""});
    body("resolved", json!({"certificate": certificate}))
}

fn progressed(stage: Stage, at: DateTime<Utc>) -> Body {
    let progress =
        wire::span::Progress { at, note: String::new(), stage: Some(stage), span: None, call: None, delay_ms: None };
    Body::Progressed { step: Step::Propose, attempt: 1, progress, more: Vec::new() }
}

/// What a body adds after these, each a second after the one before.
fn adds(before: impl IntoIterator<Item = Body>, last: Body) -> Vec<(String, f64)> {
    let mut journal = testing::journal(before.into_iter().chain([last]));
    let event = journal.pop().unwrap();
    let told = of(&event, &whose(), &journal);
    told.into_iter().map(|sample| (format!("{:?} {}", sample.family, sample.labels.join(" ")), sample.value)).collect()
}

fn names(samples: &[(String, f64)]) -> Vec<&str> {
    samples.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn every_kind_of_event_adds_what_it_says_and_nothing_else() {
    let at = "2026-01-01T00:00:00Z";
    let (step, again) = (json!("analyze"), json!({"event_id": "e", "happened_at": at}));
    let proposal = serde_json::to_value(testing::proposal("a diff")).unwrap();
    let intent = json!({"digest": HASH, "target": "t", "code": "C", "resource": "r", "mode": "port", "lost": [], "remedies": []});
    let verdict = json!({"by": "ann", "verdict": "noise", "note": ""});
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("occurred", again.clone(), &[]),
        ("started", json!({"step": step, "attempt": 1, "policy": HASH}), &[]),
        ("progressed", json!({"step": step, "attempt": 1, "progress": {"at": at, "note": ""}}), &[]),
        ("failed", json!({"step": step, "attempt": 1, "problem": {"code": "c", "message": ""}}), &[]),
        (
            "planned",
            json!({"plan": {"verdict": "code_fault", "root_cause": "", "options": [],
                "retrieval": {"query": "", "engine": "lexical", "confidence": 0.0, "neighbours": []}}}),
            &[],
        ),
        ("dismissed", json!({"verdict": "noise", "why": ""}), &["Ended t C dismissed"]),
        ("suppressed", json!({"why": ""}), &[]),
        ("correlated", json!({"parent": "01890a5d-ac96-774b-bcce-b302099a8058", "why": ""}), &[]),
        ("separated", json!({"why": ""}), &[]),
        ("postponed", json!({"until": "2026-11-22T01:00:00Z", "why": ""}), &[]),
        ("advised", json!({"why": ""}), &["Ended t C advised"]),
        ("refused", json!({"option": 0, "refusal": {"code": "build", "why": ""}}), &["Patches t C refused"]),
        ("admitted", json!({"option": 0, "proposal": proposal}), &["Patches t C admitted"]),
        ("intended", intent, &[]),
        ("approval_requested", json!({"digest": HASH, "expires_at": at}), &[]),
        ("approved", json!({"digest": HASH, "by": "ann"}), &["Interventions t approved"]),
        ("approval_rejected", json!({"by": "ann", "why": ""}), &["Interventions t rejected", "Ended t C escalated"]),
        ("approval_expired", json!({}), &["Ended t C escalated"]),
        ("pushed", json!({"commit": COMMIT}), &["Patches t C pushed"]),
        ("deployed", rollout("live"), &["Deploys t live"]),
        ("deploy_failed", rollout("rolled_back"), &["Deploys t rolled_back"]),
        ("acted", json!({"what": ""}), &[]),
        ("relieved", json!({"what": "", "until": at}), &[]),
        ("withdrawn", json!({"what": ""}), &[]),
        ("verified", report(), &[]),
        ("verification_failed", report(), &[]),
        ("unverified", report(), &[]),
        ("undone", json!({"why": ""}), &["Patches t C undone"]),
        ("mitigated", json!({"what": ""}), &["Ended t C mitigated"]),
        (
            "resolved_by_person",
            json!({"by": "ann", "note": ""}),
            &["Interventions t resolved", "Ended t C resolved_by_person"],
        ),
        ("retried", json!({"by": "ann"}), &["Interventions t retried"]),
        ("dismissed_by_person", verdict, &["Interventions t dismissed", "Ended t C dismissed"]),
        ("learned", json!({"document": ""}), &[]),
        ("escalated", json!({"reason": "no_remedy", "diagnosis": ""}), &["Ended t C escalated"]),
        ("reopened", again, &["Reopened t C"]),
        ("archived", json!({"epoch": 2}), &["Ended t C archived"]),
        ("unknown", Value::Null, &[]),
    ];
    for (kind, payload, wanted) in &cases {
        let body = if *kind == "unknown" { Body::Unknown } else { body(kind, payload.clone()) };
        assert_eq!(names(&adds([], body)), *wanted, "{kind}");
    }
    // Those two have tests of their own.
    let tested = |kind: &str| kind == "resolved" || cases.iter().any(|(name, ..)| *name == kind);
    let missing: Vec<&str> = Trigger::all().into_iter().map(|t| t.kind).filter(|kind| !tested(kind)).collect();
    assert!(missing.is_empty(), "no test of {missing:?}");
}

#[test]
fn a_detection_is_counted_with_its_severity_and_the_time_since_its_line() {
    let mut event = testing::journal([]).remove(0);
    event.at += TimeDelta::milliseconds(1_500);
    let told = of(&event, &whose(), &[]);
    assert_eq!((told[0].family, told[0].labels.join(" ")), (Family::Incidents, "t C high".to_owned()));
    assert_eq!((told[1].family, told[1].labels.join(" ")), (Family::Detection, "t".to_owned()));
    assert!((told[1].value - 2.5).abs() < 1e-9, "{told:?}");
    event.at -= TimeDelta::hours(1);
    assert_eq!(of(&event, &whose(), &[])[1].value, 0.0, "a clock that goes after makes no time run backwards");
}

#[test]
fn a_recovery_takes_from_its_line_to_the_end_and_its_stages_add_up_to_that() {
    let line = testing::incident().detection.at;
    let second = |n| line + TimeDelta::seconds(n);
    let plan = json!({"verdict": "code_fault", "root_cause": "", "options": [],
        "retrieval": {"query": "", "engine": "lexical", "confidence": 0.0, "neighbours": []}});
    let before = [body("planned", json!({"plan": plan})), progressed(Stage::Proposed, second(3))];
    let told = adds(before, resolved());
    let wanted =
        ["Ended t C resolved", "Recovery t C", "Stage incident", "Stage plan", "Stage proposed", "Stage resolved"];
    assert_eq!(names(&told), wanted);
    assert_eq!(told[1].1, 4.0, "the fourth event, a second each");
    let stages: f64 = told[2..].iter().map(|(_, seconds)| seconds).sum();
    assert_eq!(stages, told[1].1);
}

#[test]
fn what_came_back_is_recovered_from_when_it_came_back() {
    let happened = testing::incident().detection.at + TimeDelta::milliseconds(2_750);
    let reopened = Body::Reopened { event_id: "e".parse().unwrap(), happened_at: happened };
    let told = adds([resolved(), reopened], resolved());
    assert_eq!(names(&told), ["Ended t C resolved", "Recovery t C", "Stage incident", "Stage resolved"]);
    assert_eq!((told[1].1, told[2].1, told[3].1), (1.25, 0.25, 1.0));
}

#[test]
fn a_reset_ends_what_was_open_and_only_puts_away_what_was_over() {
    let archived = || body("archived", json!({"epoch": 2}));
    let by_person = || body("resolved_by_person", json!({"by": "ann", "note": ""}));
    let reopened = || body("reopened", json!({"event_id": "e", "happened_at": "2026-01-01T00:00:00Z"}));
    assert_eq!(names(&adds([by_person()], archived())), Vec::<&str>::new());
    assert_eq!(names(&adds([body("suppressed", json!({"why": ""}))], archived())), ["Ended t C archived"]);
    assert_eq!(names(&adds([by_person(), reopened()], archived())), ["Ended t C archived"]);
}

#[test]
fn labels_come_from_the_catalogue_and_from_nowhere_else() {
    let stranger = Whose::new(&Catalogue::new(), "a-stranger", "SOME_CODE", Severity::Low);
    assert_eq!((stranger.target.as_str(), stranger.code.as_str()), (OTHER, OTHER));
}
