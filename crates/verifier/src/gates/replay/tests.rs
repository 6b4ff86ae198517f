use super::*;
use serde_json::json;

fn right(text: &str) -> Expectation {
    serde_json::from_str(text).expect("an expectation")
}

fn only() -> Vec<Expectation> {
    vec![right(r#"{"status": 200, "deadline_ms": 100, "json": {"/ok": true, "/a/0": 1}}"#)]
}

fn three() -> Vec<Expectation> {
    vec![
        right(r#"{"status": 200, "deadline_ms": 100, "json": {"/value": 42}, "absent": ["/degraded"]}"#),
        right(r#"{"status": 200, "json": {"/degraded": true}}"#),
        right(r#"{"status": 503, "headers": ["Retry-After"]}"#),
    ]
}

fn good() -> Answer {
    Answer { status: Some(200), took_ms: 99.9, body: Some(json!({"ok": true, "a": [1], "b": 2})), ..Answer::default() }
}

fn saw(seen: Option<u64>) -> WitnessReport {
    WitnessReport { kind: "call_count".into(), seen, wanted: 1, sample: Vec::new() }
}

#[track_caller]
fn check(answer: &Answer, witnesses: &[WitnessReport], wanted: Judgement, code: &str) {
    let (judgement, why) = judge(fitting(&only(), answer, None), 1, witnesses);
    assert_eq!((judgement, why.split(':').next()), (wanted, Some(code)), "{why}");
}

#[test]
fn a_right_answer_that_all_witnesses_saw_is_met() {
    check(&good(), &[saw(Some(1))], Judgement::Met, "met");
    check(&good(), &[saw(Some(7)), saw(Some(1))], Judgement::Met, "met");
}

#[test]
fn a_wrong_answer_is_broken_whatever_the_witnesses_say() {
    for witnesses in [&[saw(Some(1))][..], &[saw(None)], &[]] {
        check(&Answer { status: Some(500), ..good() }, witnesses, Judgement::Broken, "status");
        check(&Answer { took_ms: 100.1, ..good() }, witnesses, Judgement::Broken, "deadline");
        check(&Answer { body: Some(json!({"ok": "true", "a": [1]})), ..good() }, witnesses, Judgement::Broken, "json");
        check(&Answer { body: Some(json!({"ok": true})), ..good() }, witnesses, Judgement::Broken, "json");
        check(&Answer { body: None, ..good() }, witnesses, Judgement::Broken, "json");
        check(&Answer { status: None, ..good() }, witnesses, Judgement::Broken, "no_answer");
    }
    check(&Answer { unreachable: true, status: None, ..good() }, &[], Judgement::Unverified, "unreachable");
}

#[test]
fn a_witness_that_saw_too_little_or_cannot_speak_is_no_success() {
    check(&good(), &[saw(Some(0))], Judgement::NoWitness, "no_witness");
    check(&good(), &[saw(Some(1)), saw(Some(0))], Judgement::NoWitness, "no_witness");
    check(&good(), &[saw(None)], Judgement::Unverified, "witness_mute");
    check(&good(), &[saw(Some(0)), saw(None)], Judgement::Unverified, "witness_mute");
    let asks_nothing = WitnessReport { wanted: 0, ..saw(Some(0)) };
    check(&good(), &[asks_nothing], Judgement::NoWitness, "no_witness");
}

#[test]
fn the_first_alternative_that_fits_counts() {
    let answer = |status, body: Value, headers: &[&str]| Answer {
        status: Some(status),
        body: Some(body),
        headers: headers.iter().map(|name| (*name).to_owned()).collect(),
        ..Answer::default()
    };
    let fits = |answer: &Answer| {
        fitting(&three(), answer, None).map_err(|(judgement, why)| {
            assert_eq!(judgement, Judgement::Broken);
            why
        })
    };
    assert_eq!(fits(&answer(200, json!({"value": 42}), &[])), Ok(0));
    assert_eq!(fits(&answer(200, json!({"value": 42, "degraded": true}), &[])), Ok(1));
    assert_eq!(fits(&answer(503, json!(null), &["content-type", "retry-after"])), Ok(2));
    let slow = Answer { took_ms: 101.0, ..answer(200, json!({"value": 42}), &[]) };
    for (answer, why) in [
        (answer(503, json!({}), &["content-type"]), "header: the answer has no Retry-After"),
        (answer(500, json!({}), &["retry-after"]), "status: the answer was 500 where 200 or 503 is right"),
        (
            answer(200, json!({"value": 42, "degraded": false}), &[]),
            "json: /degraded holds false where nothing is right",
        ),
        (
            answer(200, json!({"value": 41}), &[]),
            "json: /value holds 41 where 42 is right; or json: /degraded holds nothing",
        ),
        (slow, "deadline: the answer took 101 ms of 100 ms; or"),
    ] {
        let said = fits(&answer).expect_err("no alternative fits");
        assert!(said.starts_with(why), "{said}");
    }
}
