//! Which incident an occurrence belongs to.

use crate::setup::{FAULTS, TARGET, detection, start, start_with};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use wire::detection::Disposition::{Created, Duplicate, Joined, Reopened};
use wire::incident::{Severity, Status};

#[tokio::test]
async fn the_first_occurrence_opens_an_incident_the_next_joins_and_a_repetition_changes_nothing() {
    let store = start().await;
    let first = detection(TARGET, FAULTS[0], store.now());
    let opened = store.router.report(&first).await.unwrap();
    assert_eq!(opened.disposition, Created);
    let joined = store.fault(FAULTS[0]).await;
    assert_eq!((joined.incident, joined.disposition), (opened.incident, Joined));
    let again = store.router.report(&first).await.unwrap();
    assert_eq!((again.incident, again.disposition), (opened.incident, Duplicate));
    let other = store.fault(FAULTS[1]).await;
    assert_eq!(other.disposition, Created);
    assert_ne!(other.incident, opened.incident);
    let incident = store.operator.incident(opened.incident).await.unwrap();
    assert_eq!((incident.occurrences, incident.severity, incident.detection), (2, Severity::Critical, first));
    assert_eq!(store.kinds(opened.incident).await, ["detected", "occurred"]);
}

#[tokio::test]
async fn the_same_occurrence_of_another_target_is_another_occurrence() {
    let store = start().await;
    let first = detection(TARGET, FAULTS[0], store.now());
    let mut second = first.clone();
    second.target = "second".parse().unwrap();
    let (first, second) = (store.router.report(&first).await.unwrap(), store.router.report(&second).await.unwrap());
    assert_eq!((first.disposition, second.disposition), (Created, Created));
}

#[tokio::test]
async fn many_detections_of_one_fault_at_once_give_one_incident() {
    let store = start().await;
    let fresh: Vec<_> = (0..8).map(|_| detection(TARGET, FAULTS[0], store.now())).collect();
    // Each occurrence twice, as the application and the router report it.
    let answers = join_all(fresh.iter().chain(&fresh).map(|one| store.router.report(one))).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("taken")).collect();
    let incidents: BTreeSet<_> = answers.iter().map(|answer| answer.incident).collect();
    assert_eq!(incidents.len(), 1, "{answers:?}");
    let count = |wanted| answers.iter().filter(|answer| answer.disposition == wanted).count();
    assert_eq!((count(Created), count(Joined), count(Duplicate)), (1, 7, 8));
    let id = *incidents.first().unwrap();
    assert_eq!(store.operator.incident(id).await.unwrap().occurrences, 8);
    assert_eq!(store.kinds(id).await.len(), 8);
}

#[tokio::test]
async fn a_fault_after_the_cure_reopens_a_late_line_does_not_and_after_the_window_it_is_a_new_one() {
    let store = start_with(|parts| parts.settings.watch_window_s = 60).await;
    let lease = store.leased().await;
    let before = store.now();
    store.pass(5);
    store.resolve(&lease, 2).await;
    store.settle(&lease).await;
    assert_eq!(store.lease().await, None);

    let late = store.router.report(&detection(TARGET, FAULTS[0], before)).await.unwrap();
    assert_eq!((late.incident, late.disposition), (lease.incident.id, Joined));
    assert_eq!(store.operator.incident(lease.incident.id).await.unwrap().status, Status::Resolved);

    store.pass(30);
    let back = store.fault(FAULTS[0]).await;
    assert_eq!((back.incident, back.disposition), (lease.incident.id, Reopened));
    assert_eq!(
        store.kinds(lease.incident.id).await,
        ["detected", "escalated", "resolved_by_person", "occurred", "reopened"]
    );
    let lease = store.lease().await.expect("a reopened incident wants a move");
    assert_eq!((lease.incident.status, lease.incident.recurrences), (Status::Planned, 1));

    store.resolve(&lease, 6).await;
    store.pass(61);
    let new = store.fault(FAULTS[0]).await;
    assert_eq!(new.disposition, Created);
    assert_ne!(new.incident, lease.incident.id);
}

#[tokio::test]
async fn what_is_not_in_the_catalogue_is_refused_with_what_is() {
    let store = start().await;
    let body = |target: &str, code: &str| serde_json::to_value(detection(target, code, store.now())).unwrap();
    let (status, problem) = store.post("/v1/detections", "ingest", &body("third", FAULTS[0])).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("unknown_target")));
    assert!(problem["message"].as_str().unwrap().contains("first, second"), "{problem}");
    let (status, problem) = store.post("/v1/detections", "ingest", &body(TARGET, "FAULT_C")).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("unknown_fault")));
    assert!(problem["message"].as_str().unwrap().contains("FAULT_A, FAULT_B"), "{problem}");
}

#[tokio::test]
async fn texts_over_their_bounds_are_refused_and_odd_ones_are_kept() {
    let store = start().await;
    let good = serde_json::to_value(detection(TARGET, FAULTS[0], store.now())).unwrap();
    let long = |length: usize| json!("x".repeat(length));
    let too_much = [
        ("message", long(4 * 1024 + 1)),
        ("line", long(16 * 1024 + 1)),
        ("context", json!(vec!["x"; 51])),
        ("context", json!(["x".repeat(16 * 1024 + 1)])),
        ("reason", long(257)),
        ("trace_parent", long(257)),
        ("request_id", long(257)),
        ("version", long(257)),
        ("at", json!("yesterday")),
        ("event_id", json!("a b")),
        ("target", json!("../x")),
    ];
    for (key, value) in too_much {
        let mut body = good.clone();
        body[key] = value;
        let (status, problem) = store.post("/v1/detections", "ingest", &body).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("bad_request")), "{key}: {problem}");
    }
    let mut odd = good;
    odd["message"] = json!("a \u{0} b \u{1F600} '; DROP TABLE incidents; --");
    odd["at"] = json!("+99999-01-01T00:00:00Z");
    odd["trace_parent"] = json!("not a trace");
    let (status, received) = store.post("/v1/detections", "ingest", &odd).await;
    assert_eq!(status, 201, "{received}");
    let id = serde_json::from_value(received["incident"].clone()).unwrap();
    let incident = store.operator.incident(id).await.unwrap();
    assert_eq!(incident.detection.message, "a \u{fffd} b \u{1F600} '; DROP TABLE incidents; --");
    assert_eq!(store.kinds(id).await, ["detected"]);
}

#[tokio::test]
async fn an_incident_belongs_to_the_trace_of_the_failing_request() {
    let store = start().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut first = detection(TARGET, FAULTS[0], store.now() - TimeDelta::seconds(1));
    first.trace_parent = Some(trace.into());
    let received = store.router.report(&first).await.unwrap();
    let incident = store.operator.incident(received.incident).await.unwrap();
    assert_eq!(incident.trace_parent.as_deref(), Some(trace));
    assert_eq!(store.operator.journal(received.incident).await.unwrap()[0].trace_parent.as_deref(), Some(trace));
}
