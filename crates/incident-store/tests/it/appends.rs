//! Appends: place, lease, key, transition, chain.

use crate::setup::{append, refused, start, started};
use serde_json::json;
use wire::event::{Body, Step};
use wire::incident::Status;
use wire::plan::{Neighbour, Plan, Retrieval, Verdict};
use wire::span::Progress;
use wire::{Epoch, Fence};

fn suppressed(why: &str) -> Body {
    Body::Suppressed { why: why.into() }
}

#[tokio::test]
async fn an_append_moves_the_incident_and_keeps_the_chain() {
    let store = start().await;
    let lease = store.leased().await;
    let event = store.append(&lease, 2, started(Step::Analyze, 1)).await.unwrap();
    let incident = store.operator.incident(lease.incident.id).await.unwrap();
    assert_eq!((incident.status, incident.position, &incident.head), (Status::Analyzing, event.position, &event.hash));
    assert_eq!(store.kinds(lease.incident.id).await, ["detected", "started"]);
    let journal = store.operator.journal(lease.incident.id).await.unwrap();
    assert_eq!(journal[1], event, "an append answers what the journal keeps");
}

#[tokio::test]
async fn numbers_survive_the_database_as_they_were_hashed() {
    let store = start().await;
    let lease = store.leased().await;
    store.append(&lease, 2, started(Step::Analyze, 1)).await.unwrap();
    let numbers = [0.1 + 0.2, 12.345678912345678, 1.0, 0.0, -0.0, 1e15, 1e17, 2e19, 5e-324, 1.7976931348623157e308];
    let neighbour = |score| Neighbour { document: "d".into(), title: "t".into(), score, ..Neighbour::default() };
    let neighbours = numbers.into_iter().map(neighbour).collect();
    let retrieval = Retrieval { query: "q".into(), engine: "lexical".into(), confidence: 0.7, neighbours };
    let plan = Plan { verdict: Verdict::CodeFault, root_cause: "r".into(), retrieval, options: Vec::new() };
    store.append(&lease, 3, Body::Planned { plan }).await.unwrap();
    assert_eq!(store.kinds(lease.incident.id).await, ["detected", "started", "planned"]);
}

#[tokio::test]
async fn the_same_key_answers_with_the_first_event_whatever_the_lease_and_place() {
    let store = start().await;
    let lease = store.leased().await;
    let id = lease.incident.id;
    let first = store.append(&lease, 2, suppressed("a cooldown")).await.unwrap();
    let mut again = append(&lease, 2, "k2", suppressed("a cooldown"));
    assert_eq!(store.healer.append(id, &again).await.unwrap(), first);
    (again.fence, again.position) = (Fence(999), wire::Position(77));
    assert_eq!(store.healer.append(id, &again).await.unwrap(), first);
    store.release(&lease, true).await.unwrap();
    assert_eq!(store.healer.append(id, &again).await.unwrap(), first);
    again.body = suppressed("something else");
    refused(store.healer.append(id, &again).await, 409, "key_conflict");
    assert_eq!(store.kinds(id).await, ["detected", "suppressed"]);
}

#[tokio::test]
async fn a_wrong_place_fence_or_transition_changes_nothing() {
    let store = start().await;
    let lease = store.leased().await;
    refused(store.append(&lease, 1, suppressed("")).await, 409, "position_conflict");
    refused(store.append(&lease, 3, suppressed("")).await, 409, "position_conflict");
    refused(store.append(&lease, 2, started(Step::Push, 1)).await, 409, "transition_refused");
    refused(store.append(&lease, 2, started(Step::Analyze, 2)).await, 409, "transition_refused");
    let mut stale = lease.clone();
    stale.authority.fence = Fence(lease.authority.fence.0 + 1);
    refused(store.append(&stale, 2, suppressed("")).await, 409, "fence_stale");
    let unknown = wire::IncidentId::fresh();
    let lost = append(&lease, 2, "k", suppressed(""));
    refused(store.healer.append(unknown, &lost).await, 404, "not_found");
    assert_eq!(store.kinds(lease.incident.id).await, ["detected"]);
}

#[tokio::test]
async fn two_appends_for_one_place_give_one_event() {
    let store = start().await;
    let lease = store.leased().await;
    let id = lease.incident.id;
    let (one, two) = (append(&lease, 2, "one", suppressed("1")), append(&lease, 2, "two", suppressed("2")));
    let (one, two) = tokio::join!(store.healer.append(id, &one), store.healer.append(id, &two));
    let loser = if one.is_ok() { two } else { one };
    refused(loser, 409, "position_conflict");
    assert_eq!(store.kinds(id).await, ["detected", "suppressed"]);
}

#[tokio::test]
async fn what_only_the_store_writes_and_what_nobody_knows_is_refused() {
    let store = start().await;
    let lease = store.leased().await;
    let at = store.now();
    let event_id: wire::EventId = "e".parse().unwrap();
    let own = [
        Body::Detected { detection: lease.incident.detection.clone(), epoch: Epoch(1) },
        Body::Occurred { event_id: event_id.clone(), happened_at: at },
        Body::Reopened { event_id, happened_at: at },
        Body::Archived { epoch: Epoch(2) },
    ];
    for body in own {
        refused(store.append(&lease, 2, body).await, 400, "bad_request");
    }
    let path = format!("/v1/incidents/{}/events", lease.incident.id);
    let with = |kind: &str, payload: serde_json::Value| json!({"position": 2, "fence": lease.authority.fence, "key": "k", "kind": kind, "payload": payload});
    for body in [
        with("unknown", json!(null)),
        with("unknown", json!({})),
        with("from_the_future", json!({"a": 1})),
        with("suppressed", json!({"why": 7})),
        json!({"position": 2, "fence": 1, "key": "k"}),
    ] {
        let (status, problem) = store.post(&path, "healer", &body).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("bad_request")), "{body}: {problem}");
    }
    assert_eq!(store.kinds(lease.incident.id).await, ["detected"]);
}

#[tokio::test]
async fn a_nul_in_an_event_is_kept_as_a_replacement_and_its_repetition_is_the_same() {
    let store = start().await;
    let lease = store.leased().await;
    let first = store.append(&lease, 2, suppressed("a\u{0}b")).await.unwrap();
    assert_eq!(first.body, suppressed("a\u{fffd}b"));
    assert_eq!(store.append(&lease, 2, suppressed("a\u{0}b")).await.unwrap(), first);
}

#[tokio::test]
async fn progress_is_kept_in_order() {
    let store = start().await;
    let lease = store.leased().await;
    store.append(&lease, 2, started(Step::Analyze, 1)).await.unwrap();
    for position in 3..8 {
        let progress = Progress {
            at: store.now(),
            note: format!("{position}"),
            stage: None,
            span: None,
            call: None,
            delay_ms: None,
        };
        let body = Body::Progressed { step: Step::Analyze, attempt: 1, progress, more: vec![] };
        store.append(&lease, position, body).await.unwrap();
    }
    let journal = store.operator.journal(lease.incident.id).await.unwrap();
    let positions: Vec<i64> = journal.iter().map(|event| event.position.0).collect();
    assert_eq!(positions, (1..8).collect::<Vec<_>>());
}
