//! `operations`.

use crate::home::Home;
use serde_json::{Value, json};

const ID: &str = "0190a1b2-0000-7000-8000-0000000000a1";

fn handover(answer: Option<Value>, notices: &[&str]) -> Value {
    let places = (1..=notices.len()).zip(notices);
    let notices = places.map(|(place, name)| {
        json!({"place": place, "name": name, "at": "2027-01-15T08:00:00Z", "text": format!("text {place}")})
    });
    let state = if answer.is_some() { "ended" } else { "healing" };
    json!({"id": ID, "target": "patient", "call": "GET /a", "state": state, "accepted_at": "2027-01-15T08:00:00Z",
        "deadline": "2027-01-15T08:01:50Z", "attempts": [], "answer": answer, "notices": notices.collect::<Vec<_>>()})
}

fn good() -> Value {
    let response = json!({"status": 200, "headers": {"content-type": "text/plain"}, "body": "fine\u{1b}[2J"});
    json!({"outcome": "succeeded", "message": "The call was repeated and answered.", "response": response})
}

fn bad() -> Value {
    let diagnosis = json!({"incident": ID, "code": "FAULT_SAMPLE", "status": "escalated", "root_cause": "A cause.",
        "tried": ["One thing"], "evidence": ["A line"], "advice": "Look.", "detail": "No remedy."});
    json!({"outcome": "failed", "message": "What failed the call was not healed.", "diagnosis": diagnosis})
}

const HAND_OVER: [&str; 8] = ["operations", "hand-over", "--target", "patient", "--path", "/a", "--status", "500"];

#[test]
fn progress_is_told_as_it_comes_and_the_answer_at_the_end() {
    let home = Home::of(|asked| match asked.path.split("after=").nth(1).map(|rest| &rest[..1]) {
        None => (202, handover(None, &["healing_started"])),
        Some("1") => (200, handover(None, &["healing_started", "healing_diagnosed"])),
        Some("2") => (200, handover(Some(good()), &["healing_started", "healing_diagnosed", "healing_succeeded"])),
        Some(other) => panic!("asked after {other}"),
    });
    let ended = home.run(&HAND_OVER);
    assert_eq!(ended.code, 0, "{ended:?}");
    let told: Vec<&str> = ended.out.lines().filter(|line| line.contains("healing_")).collect();
    assert_eq!(told.len(), 3, "{ended:?}");
    assert!(ended.out.contains("succeeded: The call was repeated") && ended.out.contains("status 200"), "{ended:?}");
    assert!(ended.out.contains("fine\u{fffd}[2J"), "a terminal is not commanded: {ended:?}");
    let asked = &home.stub.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v1/operations"));
    assert_eq!(asked.body["call"], json!({"method": "GET", "path": "/a"}));
    assert!(asked.body["idempotency_key"].is_string() && asked.body["failure"]["at"].is_string());
}

#[test]
fn what_was_not_healed_is_told_with_its_diagnosis_and_is_not_done() {
    let home = Home::always(200, handover(Some(bad()), &["healing_failed"]));
    let ended = home.run(&HAND_OVER);
    assert_eq!(ended.code, 1);
    for part in ["FAULT_SAMPLE, escalated", "cause: A cause.", "- One thing", "- A line", "to do: Look.", "No remedy."]
    {
        assert!(ended.out.contains(part), "{part:?} is missing: {ended:?}");
    }
    let ended = home.run(&["operations", "show", ID, "--output", "json"]);
    assert_eq!((ended.code, ended.json()["answer"]["outcome"].clone()), (1, json!("failed")));
    assert_eq!(home.stub.asked().last().unwrap().path, format!("/v1/operations/{ID}"));
}

#[test]
fn when_the_call_failed_is_now_unless_it_is_said() {
    let home = Home::always(200, handover(Some(good()), &[]));
    assert_eq!(home.run(&[&HAND_OVER[..], &["--at", "2027-01-15T09:00:00+01:00"]].concat()).code, 0);
    assert_eq!(home.stub.asked().remove(0).body["failure"]["at"], "2027-01-15T08:00:00Z");
    let ended = home.run(&[&HAND_OVER[..], &["--at", "yesterday"]].concat());
    assert!(ended.code == 2 && ended.err.contains("--at"), "{ended:?}");
}

#[test]
fn headers_and_a_body_are_sent_and_a_secret_is_refused_here() {
    let home = Home::always(200, handover(Some(good()), &[]));
    let more =
        ["--method", "POST", "--header", "Content-Type: text/plain", "--body", "x", "--repeatable", "--key", "k"];
    assert_eq!(home.run(&[&HAND_OVER[..], &more].concat()).code, 0);
    let asked = home.stub.asked().remove(0).body;
    assert_eq!(asked["call"]["headers"], json!({"content-type": "text/plain"}));
    assert_eq!((&asked["idempotency_key"], &asked["repeatable"]), (&json!("k"), &json!(true)));
    let ended = home.run(&[&HAND_OVER[..], &["--header", "Authorization: Bearer x"]].concat());
    assert!(ended.code == 2 && ended.err.contains("holds a secret"), "{ended:?}");
    assert_eq!(home.stub.asked().len(), 1, "nothing was sent");
}
