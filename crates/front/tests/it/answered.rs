//! What a relief is said to have answered.

use crate::relief::{LONG, breaker, get, moody, put, relief, table};
use crate::running::{Running, start};
use std::sync::atomic::Ordering;
use wire::IncidentId;
use wire::rollout::{FrontStats, RouteTable};

async fn told(front: &Running, incident: IncidentId) -> Option<u64> {
    let stats: FrontStats = front.own("/-/stats").await.json().await.expect("counters");
    stats.relieved.get(&incident).copied()
}

#[tokio::test]
async fn who_was_answered_by_a_relief_is_counted_for_its_incident_until_the_table_after_its_end() {
    let front = start("http://127.0.0.1:1");
    let up = moody(&front.stop);
    up.status.store(500, Ordering::SeqCst);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[], LONG)).await;
    let eased = table(2, &up.url, "tiny/blue/1", &[breaker()], LONG);
    let incident = eased.reliefs[0].incident;
    put(&front, &eased).await;
    assert_eq!(told(&front, incident).await, Some(0));
    assert_eq!(relief(&get(&front, "/data").await), None, "the first is a try");
    assert_eq!(told(&front, incident).await, Some(0), "and nobody was kept away");
    assert_eq!(relief(&get(&front, "/data").await), Some("breaker"));
    assert_eq!(get(&front, "/other").await.status(), 500);
    assert_eq!(told(&front, incident).await, Some(1));
    put(&front, &RouteTable { generation: 3, reliefs: vec![], ..eased.clone() }).await;
    assert_eq!(told(&front, incident).await, Some(1), "still there for whoever took it away");
    put(&front, &RouteTable { generation: 4, reliefs: vec![], ..eased }).await;
    assert_eq!(told(&front, incident).await, None);
}

#[tokio::test]
async fn of_a_relief_that_may_have_begun_before_the_front_nobody_is_told_that_it_answered_none() {
    let front = start("http://127.0.0.1:1");
    let up = moody(&front.stop);
    let eased = table(1, &up.url, "tiny/blue/1", &[breaker()], LONG);
    put(&front, &eased).await;
    assert_eq!(told(&front, eased.reliefs[0].incident).await, None);
}
