//! Two replicas on one database: with Redis they hear of each other at once, without it soon.

use crate::setup::{FAULTS, Fixture, asking, beside, start_with};
use deadpool_redis::redis;
use futures::StreamExt;
use std::time::{Duration, Instant};

/// How long a taker at one replica waits for what the other is told.
async fn delay(store: &Fixture, other: &Fixture, fault: &str) -> Duration {
    let request = asking(10_000);
    let waiting = async {
        let lease = other.healer.lease(&request).await.expect("an answer").expect("a lease");
        (lease, Instant::now())
    };
    let told = async {
        // The taker is there first; were it not, it would find the incident at once.
        for _ in 0..10 {
            other.get("/readyz", "").await;
        }
        store.fault(fault).await;
        Instant::now()
    };
    let ((lease, woken), told) = tokio::join!(waiting, told);
    other.resolve(&lease, lease.incident.position.0 + 1).await;
    other.settle(&lease).await;
    store.pass(3_600);
    woken.saturating_duration_since(told)
}

#[tokio::test]
async fn without_redis_another_replica_finds_out_by_itself() {
    let store = start_with(|_| {}).await;
    let other = beside(&store).await;
    let waited = delay(&store, &other, FAULTS[0]).await;
    assert!(waited < Duration::from_secs(5), "{waited:?}");
}

#[tokio::test]
async fn a_redis_that_is_away_costs_nothing_but_the_time_of_a_re_check() {
    let store = start_with(|parts| parts.redis_url = Some("redis://127.0.0.1:9".to_owned().into())).await;
    let other = beside(&store).await;
    let waited = delay(&store, &other, FAULTS[0]).await;
    assert!(waited < Duration::from_secs(5), "{waited:?}");
}

#[tokio::test]
async fn over_redis_another_replica_hears_at_once_and_nothing_but_that_something_happened() {
    let url = testkit::redis();
    let mut channel = redis::Client::open(url.as_str()).unwrap().get_async_pubsub().await.unwrap();
    channel.psubscribe("*").await.unwrap();
    let store = start_with(|parts| parts.redis_url = Some(url.into())).await;
    let other = beside(&store).await;
    let mut best = Duration::MAX;
    for _ in 0..5 {
        best = best.min(delay(&store, &other, FAULTS[0]).await);
    }
    assert!(best < Duration::from_millis(200), "{best:?}");
    let message = tokio::time::timeout(Duration::from_secs(5), channel.on_message().next()).await.expect("a message");
    assert!(message.expect("a message").get_payload_bytes().is_empty());
}
