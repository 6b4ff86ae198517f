//! What a person says: bound to what was read, written once, heard by the healer.

use crate::setup::{FAULTS, Fixture, append, refused, start, started};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::Duration;
use wire::event::{Body, EscalationReason, Step};
use wire::incident::Status;
use wire::lease::{Lease, Release};
use wire::plan::Verdict;
use wire::proposal::Proposal;
use wire::verification::{Gate, GateReport};
use wire::{Digest, IncidentId, Position};

pub(crate) fn proposal() -> Proposal {
    let report =
        |gate| GateReport { gate, passed: true, code: "ok".into(), why: "fine".into(), evidence: json!("tail") };
    Proposal {
        distilled: None,
        digest: Digest::of("the change"),
        target: "first".parse().unwrap(),
        base: "a".repeat(40).parse().unwrap(),
        diff: "--- a/a.py\n+++ b/a.py\n".into(),
        files: vec!["a.py".into()],
        tree: "b".repeat(40).parse().unwrap(),
        artefact: Digest::of("artefact"),
        origin: "codemod d".into(),
        gates: Gate::REQUIRED.map(report).to_vec(),
    }
}

pub(crate) fn plan() -> Body {
    let option = json!({"title": "Close it", "confidence": 0.9, "verification": "",
        "remedy": {"kind": "codemod", "document": "d", "rule": {}, "digest": Digest::of("rule")}});
    let plan = json!({"verdict": "code_fault", "root_cause": "r", "options": [option],
        "retrieval": {"query": "q", "engine": "lexical", "confidence": 0.9, "neighbours": []}});
    Body::Planned { plan: serde_json::from_value(plan).unwrap() }
}

/// An incident whose change waits for approval, its lease given back until the approval expires.
async fn waiting(store: &Fixture) -> IncidentId {
    let lease = store.leased().await;
    let expires_at = store.now() + TimeDelta::seconds(600);
    let propose = Body::Started { step: Step::Propose, attempt: 1, option: Some(0), policy: Digest::of("policy") };
    let bodies = [
        started(Step::Analyze, 1),
        plan(),
        propose,
        Body::Admitted { option: 0, proposal: Box::new(proposal()) },
        Body::ApprovalRequested { digest: proposal().digest, expires_at, why: String::new() },
    ];
    for (body, position) in bodies.into_iter().zip(2..) {
        store.append(&lease, position, body).await.expect("appended");
    }
    let release =
        Release { fence: lease.authority.fence, wake_at: Some(expires_at), done: false, seen: Some(Position(6)) };
    store.healer.release(lease.incident.id, &release).await.expect("released");
    assert_eq!(store.lease().await, None);
    lease.incident.id
}

fn approval(digest: &str) -> Value {
    json!({"digest": Digest::of(digest), "note": "looks right"})
}

#[track_caller]
pub(crate) fn is(answer: (u16, Value), status: u16, code: &str) {
    assert_eq!((answer.0, answer.1["code"].as_str()), (status, Some(code)), "{}", answer.1);
}

#[tokio::test]
async fn an_approval_is_for_exactly_the_change_that_waits_and_the_healer_is_woken() {
    let store = start().await;
    let id = waiting(&store).await;
    let (status, problem) = store.say(id, "approve", "approver", &approval("another change")).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("digest_mismatch")));
    for digest in [Digest::of("the change"), Digest::of("another change")] {
        assert!(problem["message"].as_str().unwrap().contains(digest.as_str()), "{problem}");
    }
    let request = crate::setup::asking(10_000);
    let (woken, answer) = tokio::join!(store.healer.lease(&request), async {
        store.say(id, "approve", "approver", &approval("the change")).await
    });
    assert_eq!((answer.0, answer.1["status"].as_str()), (200, Some("admitted")), "{}", answer.1);
    let lease = woken.unwrap().expect("the healer is woken");
    assert_eq!((lease.incident.id, &lease.incident.approved), (id, &Some(Digest::of("the change"))));
    let journal = store.operator.journal(id).await.unwrap();
    let wanted = Body::Approved { digest: Digest::of("the change"), by: "approver".into(), note: "looks right".into() };
    assert_eq!(journal.last().unwrap().body, wanted);
    store.append(&lease, 8, started(Step::Push, 1)).await.expect("it is pushed under the approval");
}

#[tokio::test]
async fn the_same_word_again_is_heard_once() {
    let store = start().await;
    let id = waiting(&store).await;
    let approval = approval("the change");
    let again = (0..5).map(|_| store.say(id, "approve", "operator", &approval));
    for (status, answer) in futures::future::join_all(again).await {
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(store.kinds(id).await.iter().filter(|kind| **kind == "approved").count(), 1);
    is(store.say(id, "reject", "operator", &json!({"note": "no"})).await, 409, "transition_refused");
}

#[tokio::test]
async fn a_late_approval_is_none() {
    let store = start().await;
    let id = waiting(&store).await;
    store.pass(600);
    is(store.say(id, "approve", "approver", &approval("the change")).await, 409, "approval_expired");
    let lease = store.lease().await.expect("the healer's turn");
    store.append(&lease, 7, Body::ApprovalExpired {}).await.expect("it says so");
    is(store.say(id, "approve", "approver", &approval("the change")).await, 409, "transition_refused");
}

#[tokio::test]
async fn a_rejection_hands_it_to_a_person_who_resolves_it() {
    let store = start().await;
    let id = waiting(&store).await;
    let reject = json!({"digest": Digest::of("the change"), "note": "too broad"});
    for _ in 0..2 {
        let (status, answer) = store.say(id, "reject", "approver", &reject).await;
        assert_eq!((status, answer["status"].as_str()), (200, Some("escalated")), "{answer}");
    }
    for _ in 0..2 {
        let (status, answer) = store.say(id, "resolve", "operator", &json!({"note": "did it by hand"})).await;
        assert_eq!(
            (status, answer["status"].as_str(), answer["resolved_by"].as_str()),
            (200, Some("resolved"), Some("operator"))
        );
    }
    let kinds = store.kinds(id).await;
    assert_eq!(kinds[6..], ["approval_rejected", "resolved_by_person"]);
}

#[tokio::test]
async fn what_was_given_up_is_tried_again_when_a_person_says_so_and_the_healer_hears_of_it() {
    let store = start().await;
    let id = waiting(&store).await;
    is(store.say(id, "retry", "operator", &json!({})).await, 409, "transition_refused");
    let reject = json!({"digest": Digest::of("the change"), "note": "too broad"});
    assert_eq!(store.say(id, "reject", "approver", &reject).await.0, 200);
    let lease = store.lease().await.expect("the rejection is heard of");
    store.release(&lease, true).await.unwrap();
    assert_eq!(store.lease().await, None);
    for _ in 0..2 {
        let (status, answer) = store.say(id, "retry", "approver", &json!({"note": "a cure was given"})).await;
        assert_eq!((status, answer["status"].as_str(), answer["retries"].as_u64()), (200, Some("detected"), Some(1)));
    }
    let lease = store.lease().await.expect("the healer's turn");
    assert_eq!((lease.incident.id, lease.incident.status), (id, Status::Detected));
    assert_eq!(lease.incident.tried, [Digest::of("rule")].into(), "what was rejected is not proposed again");
    let kinds = store.kinds(id).await;
    assert_eq!(kinds[6..], ["approval_rejected", "retried"]);
    let detail = store.operator.detail(id).await.unwrap();
    assert!(detail.check.holds, "{}", detail.check.text);
    let told = &detail.story.last().unwrap();
    assert_eq!(told.title, "approver has it tried again");
    assert!(told.text.starts_with("a cure was given. A new plan"), "{}", told.text);
    assert!(!detail.actions.contains(&"retry".to_owned()), "{:?}", detail.actions);
    is(store.say(id, "retry", "healer", &json!({})).await, 403, "forbidden");
    is(store.say(id, "retry", "operator", &json!({"note": 7})).await, 400, "bad_request");
    is(store.say(IncidentId::fresh(), "retry", "operator", &json!({})).await, 404, "not_found");
}

#[tokio::test]
async fn a_person_dismisses_what_is_nothing_and_a_healer_that_was_about_to_write_looks_again() {
    let store = start().await;
    let lease = store.leased().await;
    let id = lease.incident.id;
    let dismiss = json!({"verdict": "noise", "note": "a test of ours"});
    let (status, answer) = store.say(id, "dismiss", "operator", &dismiss).await;
    assert_eq!((status, answer["status"].as_str()), (200, Some("dismissed")), "{answer}");
    refused(store.append(&lease, 2, started(Step::Analyze, 1)).await, 409, "position_conflict");
    refused(store.append(&lease, 3, started(Step::Analyze, 1)).await, 409, "transition_refused");
    store.release(&lease, true).await.unwrap();
    let again = store.lease().await.expect("what a person said outlives a release that did not know of it");
    assert_eq!(again.incident.status, Status::Dismissed);
    assert_eq!(store.say(id, "dismiss", "operator", &dismiss).await.0, 200);
    is(store.say(id, "resolve", "operator", &json!({"note": "x"})).await, 409, "transition_refused");
    assert_eq!(store.kinds(id).await, ["detected", "dismissed_by_person"]);
}

#[tokio::test]
async fn a_word_without_its_form_says_what_would_be_right() {
    let store = start().await;
    let id = store.fault(FAULTS[0]).await.incident;
    let wrong = [
        ("approve", json!({"note": "x"})),
        ("approve", json!({"digest": "123"})),
        ("resolve", json!({"note": " "})),
        ("resolve", json!({})),
        ("dismiss", json!({"verdict": "code_fault"})),
        ("dismiss", json!({"verdict": "whatever"})),
        ("reject", json!({"note": "x".repeat(5_000)})),
    ];
    for (what, body) in wrong {
        is(store.say(id, what, "operator", &body).await, 400, "bad_request");
    }
    is(store.say(IncidentId::fresh(), "resolve", "operator", &json!({"note": "x"})).await, 404, "not_found");
    assert_eq!(store.kinds(id).await, ["detected"]);
}

#[tokio::test]
async fn nobody_says_it_with_the_healers_token() {
    let store = start().await;
    let lease: Lease = store.leased().await;
    let (reason, diagnosis) = (EscalationReason::NoRemedy, "none".to_owned());
    store.append(&lease, 2, Body::Escalated { reason, diagnosis }).await.unwrap();
    let (by, note, why) = ("ann".to_owned(), String::new(), "no".to_owned());
    let words = [
        Body::Approved { digest: Digest::of("x"), by: by.clone(), note: note.clone() },
        Body::ApprovalRejected { by: by.clone(), why },
        Body::ResolvedByPerson { by: by.clone(), note: note.clone() },
        Body::DismissedByPerson { by: by.clone(), verdict: Verdict::Noise, note: note.clone() },
        Body::Retried { by, note },
    ];
    for body in words {
        refused(store.healer.append(lease.incident.id, &append(&lease, 3, "k3", body)).await, 400, "bad_request");
    }
    let id = lease.incident.id;
    is(store.say(id, "resolve", "healer", &json!({"note": "x"})).await, 403, "forbidden");
    assert_eq!(store.kinds(id).await, ["detected", "escalated"]);
}

#[tokio::test]
async fn a_word_while_the_database_is_held_up_is_no_word() {
    let store = crate::setup::start_with(|parts| parts.settings.database_limit_ms = 300).await;
    let id = store.fault(FAULTS[0]).await.incident;
    let mut sql = store.sql().await;
    let lock = format!("BEGIN; SELECT 1 FROM incidents WHERE id = '{id}' FOR UPDATE");
    diesel_async::SimpleAsyncConnection::batch_execute(&mut sql, &lock).await.unwrap();
    let dismiss = json!({"verdict": "noise"});
    is(store.say(id, "dismiss", "operator", &dismiss).await, 503, "unavailable");
    diesel_async::SimpleAsyncConnection::batch_execute(&mut sql, "ROLLBACK").await.unwrap();
    let again = async || (store.say(id, "dismiss", "operator", &dismiss).await.0 == 200).then_some(());
    testkit::eventually("it is said", Duration::from_secs(8), again).await;
    assert_eq!(store.kinds(id).await, ["detected", "dismissed_by_person"]);
}
