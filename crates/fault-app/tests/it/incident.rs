//! What the wrapper of the SQL fault does, whichever way the statement goes.

use crate::harness::{Answer, Running, Store, database};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Words that would tell what the database said, or what it was asked.
const DETAILS: [&str; 7] = ["select", "syntax", "42601", "postgres", "sqlstate", "query", "canary"];

/// A healthy answer, or nothing but the problem body; whether it is the fault.
#[track_caller]
fn is_fault(answer: &Answer) -> bool {
    if answer.status == 200 {
        let body = answer.json();
        assert_eq!(body["ok"], true);
        assert!(body["value"].is_i64(), "{body}");
        return false;
    }
    answer.is_problem(500, "internal");
    let text = format!("{}{}", answer.head, answer.text).to_lowercase();
    assert!(!DETAILS.iter().any(|word| text.contains(word)), "{answer:?}");
    true
}

#[track_caller]
fn has_no_detail(line: &str, request_id: &str) {
    let text = line.to_lowercase().replace(&request_id.to_lowercase(), "").replace("fault_sql_injection_test", "");
    assert!(!DETAILS.iter().any(|word| text.contains(word)), "{line}");
}

#[test]
fn the_answer_the_line_and_the_report_tell_of_the_same_event() {
    let Some(database) = database() else { return };
    let store = Store::start();
    let env = [("INCIDENT_REPORT_URL", &*store.url), ("INCIDENT_REPORT_TOKEN", "canary"), ("APP_VERSION", "v7")];
    let app = Running::start(&database, &env);
    let request = format!("POST /test-fault/run\nx-request-id: r1\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01");
    let answer = app.send(&request);
    if is_fault(&answer) {
        let (text, line) = app.line("marker", "FAULT_SQL_INJECTION_TEST");
        has_no_detail(&text, "r1");
        let is = |key: &str, value: &str| assert_eq!(line[key], value, "{text}");
        is("level", "error");
        is("trace_id", TRACE);
        is("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"));
        is("request_id", "r1");
        is("version", "v7");
        is("event_id", answer.json()["event_id"].as_str().unwrap());
        assert!(line["reason"].is_string() && line.get("replay").is_none(), "{text}");
        assert_eq!(line["ts"].as_str().unwrap().len(), "2026-01-01T00:00:00.000000Z".len(), "{text}");

        let (head, report) = store.report();
        assert!(head.contains("authorization: bearer canary") && head.starts_with("post /v1/detections "), "{head}");
        for (key, value) in [("target", "fault-app"), ("code", "FAULT_SQL_INJECTION_TEST"), ("source", "application")] {
            assert_eq!(report[key], value, "{report}");
        }
        for (key, same) in [("event_id", "event_id"), ("at", "ts"), ("trace_parent", "traceparent")] {
            assert_eq!(report[key], line[same], "{report}");
        }
        assert_eq!(report["line"], text, "{report}");
    }
    let rest = app.stopped();
    assert!(rest.iter().all(|line| line.get("marker").is_none()), "{rest:#?}");
    assert!(store.is_empty());
}

#[test]
fn a_replay_is_marked_in_the_log_and_never_reported() {
    let Some(database) = database() else { return };
    let store = Store::start();
    let app = Running::start(&database, &[("INCIDENT_REPORT_URL", &store.url)]);
    let fault = is_fault(&app.send("POST /test-fault/run\nx-kintsugi-replay: kr-0123"));
    let lines: Vec<Value> = app.stopped();
    let marked: Vec<&Value> = lines.iter().filter(|line| line.get("marker").is_some()).collect();
    assert_eq!(marked.len(), usize::from(fault), "{lines:#?}");
    assert!(marked.iter().all(|line| line["replay"] == "kr-0123"), "{lines:#?}");
    assert!(store.is_empty());
}

#[test]
fn an_absent_store_costs_the_request_nothing_and_loses_no_line() {
    let Some(database) = database() else { return };
    let app = Running::start(&database, &[("INCIDENT_REPORT_URL", "http://127.0.0.1:1/v1/detections")]);
    for id in 0..20 {
        if is_fault(&app.send(&format!("POST /test-fault/run\nx-request-id: r{id}"))) {
            app.line("request_id", &format!("r{id}"));
        }
    }
}
