//! PostgreSQL late, slow, or gone: a 503 that says when to come back, never a hang; and everything again afterwards.

use crate::setup::{FAULTS, TARGET, detection, parts, start, start_unready, start_with};
use diesel_async::SimpleAsyncConnection;
use secrecy::ExposeSecret;
use std::time::{Duration, Instant};
use testkit::{FakeClock, eventually};

const LIMIT: Duration = Duration::from_secs(8);

#[tokio::test]
async fn without_a_database_it_lives_but_is_not_ready() {
    let clock = FakeClock::at(1_800_000_000);
    let store = start_unready(parts("postgres://nobody@127.0.0.1:9/nothing".to_owned().into(), &clock), clock);
    let begun = Instant::now();
    assert_eq!(store.get("/healthz", "").await.0, 200);
    assert_eq!(store.get("/readyz", "").await.0, 503);
    let body = serde_json::to_value(detection(TARGET, FAULTS[0], store.now())).unwrap();
    let (status, problem) = store.post("/v1/detections", "ingest", &body).await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("unavailable")));
    let waiting = serde_json::json!({"holder": "h", "ttl_ms": 1_000, "wait_ms": 20_000});
    assert_eq!(store.post("/v1/leases", "healer", &waiting).await.0, 503, "nobody waits for what is away");
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_database_that_comes_late_is_found() {
    let base = testkit::database().await.url();
    let late = format!("{}_late", base.expose_secret());
    let clock = FakeClock::at(1_800_000_000);
    let store = start_unready(parts(late.clone().into(), &clock), clock);
    assert_eq!(store.get("/readyz", "").await.0, 503);
    let name = late.rsplit('/').next().expect("a name");
    let mut conn = <diesel_async::AsyncPgConnection as diesel_async::AsyncConnection>::establish(base.expose_secret())
        .await
        .expect("a connection");
    conn.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("the database");
    store.ready().await;
    store.fault(FAULTS[0]).await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_in_time_costs_its_callers_the_limit_and_no_more() {
    let store = start_with(|parts| parts.settings.database_limit_ms = 300).await;
    let mut conn = store.sql().await;
    conn.batch_execute("BEGIN; LOCK TABLE incidents, healing IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let body = serde_json::to_value(detection(TARGET, FAULTS[0], store.now())).unwrap();
    let begun = Instant::now();
    assert_eq!(store.post("/v1/detections", "ingest", &body).await.0, 503);
    assert_eq!(store.get("/v1/incidents", "operator").await.0, 503);
    assert_eq!(store.get("/developer/incidents/state", "operator").await.0, 503);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    conn.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(store.post("/v1/detections", "ingest", &body).await.0, 201);
}

#[tokio::test]
async fn broken_connections_are_replaced() {
    let store = start().await;
    store.fault(FAULTS[0]).await;
    let mut conn = store.sql().await;
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    conn.batch_execute(others).await.unwrap();
    let path = "/v1/incidents";
    eventually("the store reads again", LIMIT, async || {
        let (status, _) = store.get(path, "operator").await;
        assert!(matches!(status, 200 | 503), "{status}");
        (status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn more_callers_than_connections_are_served_in_turn_or_sent_away() {
    let store = start_with(|parts| parts.settings.pool = 1).await;
    let callers = (0..20).map(|_| store.get("/v1/incidents", "operator"));
    for (status, _) in futures::future::join_all(callers).await {
        assert!(matches!(status, 200 | 503), "{status}");
    }
}
