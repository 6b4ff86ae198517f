//! Leases: one holder at a time, in order, found out when late.

use crate::people::{plan, proposal};
use crate::setup::{FAULTS, TARGET, append, asking, detection, refused, start, started};
use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use wire::event::{Body, Step};
use wire::lease::{LeaseRequest, Release, Renew};
use wire::{Digest, Fence, Position};

fn suppressed() -> Body {
    Body::Suppressed { why: String::new() }
}

#[tokio::test]
async fn two_takers_at_once_never_hold_the_same_incident_or_target() {
    let store = start().await;
    for code in FAULTS {
        store.fault(code).await;
        store.router.report(&detection("second", code, store.now())).await.unwrap();
    }
    for _ in 0..5 {
        let takers = join_all((0..6).map(|_| async { store.healer.lease(&asking(0)).await })).await;
        let leases: Vec<_> = takers.into_iter().filter_map(|answer| answer.expect("an answer")).collect();
        let targets: BTreeSet<_> = leases.iter().map(|lease| lease.incident.target.clone()).collect();
        assert_eq!((leases.len(), targets.len()), (2, 2), "one lease a target: {leases:?}");
        let fences: BTreeSet<_> = leases.iter().map(|lease| lease.authority.fence).collect();
        assert_eq!(fences.len(), 2, "every lease has its own fence");
        for lease in &leases {
            store.release(lease, false).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_fence_grows_over_all_leases_and_a_late_holder_is_found_out() {
    let store = start().await;
    let late = store.leased().await;
    store.pass(11);
    refused(store.append(&late, 2, suppressed()).await, 409, "fence_stale");
    let renew = Renew { fence: late.authority.fence, ttl_ms: 10_000 };
    refused(store.healer.renew(late.incident.id, &renew).await, 409, "fence_stale");
    let next = store.lease().await.expect("the lease of a holder that is gone is granted again");
    assert_eq!(next.incident.id, late.incident.id);
    assert!(next.authority.fence > late.authority.fence);
    refused(store.append(&late, 2, suppressed()).await, 409, "fence_stale");
    refused(store.release(&late, true).await, 409, "fence_stale");
    store.append(&next, 2, suppressed()).await.unwrap();
    store.release(&next, true).await.unwrap();
    let other = store.router.report(&detection("second", FAULTS[0], store.now())).await.unwrap();
    let other_lease = store.lease().await.unwrap();
    assert_eq!(other_lease.incident.id, other.incident);
    assert!(other_lease.authority.fence > next.authority.fence);
}

#[tokio::test]
async fn a_renewed_lease_is_kept() {
    let store = start().await;
    let lease = store.leased().await;
    for _ in 0..3 {
        store.pass(8);
        let renew = Renew { fence: lease.authority.fence, ttl_ms: 10_000 };
        store.healer.renew(lease.incident.id, &renew).await.unwrap();
        assert_eq!(store.lease().await, None);
    }
    store.append(&lease, 2, suppressed()).await.unwrap();
}

#[tokio::test]
async fn what_is_under_way_comes_first_and_then_the_oldest() {
    let store = start().await;
    let (old, young) = (store.fault(FAULTS[0]).await.incident, {
        store.pass(1);
        store.fault(FAULTS[1]).await.incident
    });
    let first = store.lease().await.unwrap();
    assert_eq!(first.incident.id, old, "the oldest");
    store.release(&first, false).await.unwrap();
    // The younger one begins to act on the target.
    let mut sql = store.sql().await;
    diesel_async::SimpleAsyncConnection::batch_execute(
        &mut sql,
        &format!("UPDATE incidents SET under_way = true WHERE id = '{young}'"),
    )
    .await
    .unwrap();
    let lease = store.lease().await.unwrap();
    assert_eq!(lease.incident.id, young, "what is under way");
    // It waits between two tries: its target is not free for another recovery meanwhile.
    let wake_at = Some(store.now() + TimeDelta::seconds(60));
    let release = Release { fence: lease.authority.fence, wake_at, done: false, seen: None };
    store.healer.release(young, &release).await.unwrap();
    assert_eq!(store.lease().await, None);
    store.pass(60);
    assert_eq!(store.lease().await.unwrap().incident.id, young);
}

#[tokio::test]
async fn what_is_done_or_asleep_is_not_offered_until_something_happens_or_its_time_comes() {
    let store = start().await;
    let lease = store.leased().await;
    let id = lease.incident.id;
    store.release(&lease, true).await.unwrap();
    assert_eq!(store.lease().await, None);
    store.fault(FAULTS[0]).await;
    let lease = store.lease().await.expect("an event makes it wanting again");
    let wake_at = Some(store.now() + TimeDelta::seconds(60));
    store
        .healer
        .release(id, &Release { fence: lease.authority.fence, wake_at, done: false, seen: None })
        .await
        .unwrap();
    assert_eq!(store.lease().await, None);
    store.pass(60);
    let lease = store.lease().await.expect("its time has come");
    store.release(&lease, false).await.unwrap();
    assert!(store.lease().await.is_some(), "a holder that merely leaves makes room for the next");
}

#[tokio::test]
async fn what_happened_after_the_holder_looked_outlives_the_release() {
    let store = start().await;
    let lease = store.leased().await;
    store.append(&lease, 2, suppressed()).await.unwrap();
    store.fault(FAULTS[0]).await;
    store.release(&lease, true).await.unwrap();
    let again = store.lease().await.expect("the holder did not know of the last event");
    assert_eq!(again.incident.position.0, 3);
    store.fault(FAULTS[0]).await;
    let release =
        |seen| Release { fence: again.authority.fence, wake_at: None, done: true, seen: Some(Position(seen)) };
    store.healer.release(again.incident.id, &release(4)).await.unwrap();
    assert_eq!(store.lease().await, None, "a holder that says what it has read is believed");
}

#[tokio::test]
async fn a_waiting_taker_is_woken_by_a_detection_and_sent_away_in_time() {
    let store = start().await;
    let begun = Instant::now();
    assert_eq!(store.healer.lease(&asking(300)).await.unwrap(), None);
    assert!((300..2_000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let request = asking(20_000);
    let waiting = store.healer.lease(&request);
    let fault = async {
        // The taker is there first; were it not, it would find the incident at once.
        tokio::task::yield_now().await;
        store.fault(FAULTS[0]).await
    };
    let (lease, received) =
        tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(waiting, fault) }).await.expect("woken");
    assert_eq!(lease.unwrap().expect("a lease").incident.id, received.incident);
}

#[tokio::test]
async fn a_lease_outside_its_bounds_is_refused() {
    let store = start().await;
    let lease = store.leased().await;
    let id = lease.incident.id;
    let with = |holder: &str, ttl_ms, wait_ms| LeaseRequest { holder: holder.into(), ttl_ms, wait_ms };
    for request in [
        with("h", 499, 0),
        with("h", 120_001, 0),
        with("", 1_000, 0),
        with("a\u{0}", 1_000, 0),
        with("h", 1_000, 30_001),
    ] {
        refused(store.healer.lease(&request).await, 400, "bad_request");
    }
    let fence = lease.authority.fence;
    refused(store.healer.renew(id, &Renew { fence, ttl_ms: 0 }).await, 400, "bad_request");
    let far = json!({"fence": fence, "wake_at": "+200000-01-01T00:00:00Z"});
    let (status, _) = store.post(&format!("/v1/leases/{id}/release"), "healer", &far).await;
    assert_eq!(status, 400);
    let unknown = wire::IncidentId::fresh();
    refused(store.healer.renew(unknown, &Renew { fence: Fence(1), ttl_ms: 1_000 }).await, 404, "not_found");
}

#[tokio::test]
async fn nothing_is_granted_while_paused_and_a_holder_may_finish_its_step() {
    let store = start().await;
    let lease = store.leased().await;
    assert!(store.operator.pause().await.unwrap().paused);
    store.append(&lease, 2, started(Step::Analyze, 1)).await.expect("a pause does not lose a step's outcome");
    store.release(&lease, false).await.unwrap();
    assert_eq!(store.lease().await, None);
    assert!(!store.operator.resume().await.unwrap().paused);
    let lease = store.lease().await.expect("granted again");
    assert_eq!(lease.incident.target.as_str(), TARGET);
    let event = store.healer.append(lease.incident.id, &append(&lease, 3, "after", suppressed())).await;
    refused(event, 409, "transition_refused");
}

#[tokio::test]
async fn a_push_that_is_postponed_does_not_keep_its_targets_other_incidents_waiting() {
    let store = start().await;
    let lease = store.leased().await;
    let propose = Body::Started { step: Step::Propose, attempt: 1, option: Some(0), policy: Digest::of("policy") };
    let admitted = Body::Admitted { option: 0, proposal: Box::new(proposal()) };
    for (body, position) in [started(Step::Analyze, 1), plan(), propose, admitted].into_iter().zip(2..) {
        store.append(&lease, position, body).await.expect("appended");
    }
    let until = store.now() + TimeDelta::seconds(300);
    let other = store.fault(FAULTS[1]).await;
    let release = Release { fence: lease.authority.fence, wake_at: Some(until), done: false, seen: Some(Position(5)) };
    store.healer.release(lease.incident.id, &release).await.expect("given back");
    assert!(store.lease().await.is_none(), "what has begun to act on a target comes first, also while it waits");
    store.pass(301);
    let again = store.lease().await.expect("it wants its move");
    let until = store.now() + TimeDelta::seconds(300);
    store.append(&again, 6, Body::Postponed { until, why: "a storm".into() }).await.expect("postponed");
    let release = Release { fence: again.authority.fence, wake_at: Some(until), done: false, seen: Some(Position(6)) };
    store.healer.release(again.incident.id, &release).await.expect("given back");
    let between = store.lease().await.expect("the other one goes on");
    assert_eq!(between.incident.id, other.incident);
    store.append(&between, 2, suppressed()).await.expect("it is left alone");
    store.pass(301);
    let again = store.lease().await.expect("the storm is over");
    assert_eq!(again.incident.id, lease.incident.id);
    let push = Body::Started { step: Step::Push, attempt: 1, option: Some(0), policy: Digest::of("policy") };
    store.append(&again, 7, push).await.expect("it is about to be pushed");
    let third = store.fault(FAULTS[1]).await;
    store.pass(11);
    let first = store.lease().await.expect("the lease has run out");
    assert_ne!(first.incident.id, third.incident, "what may stand on the branch comes first again");
}
