//! A fault is healed, once and by one.

use e2e::fleet::{Fleet, Setup};
use wire::Service;
use wire::event::{Body, Event};
use wire::incident::Status;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_a_target_that_no_service_knows_is_healed_twice_in_a_row() {
    let fleet = Fleet::start(Setup::default()).await;
    for _ in 0..2 {
        let before = fleet.until_live_is_head().await;
        fleet.fire().await;
        let incident = fleet.until(&[Status::Resolved]).await;
        fleet.assert_healed(&incident, &before).await;
        let of_the_front = |event: &Event| match &event.body {
            Body::Verified { report } => report.witnesses.iter().find(|who| who.kind == "front").map(|who| who.seen),
            _ => None,
        };
        let seen: Vec<_> = fleet.journal(incident.id).await.iter().filter_map(of_the_front).collect();
        assert_eq!(seen, [Some(1)], "the front says that the live instance answered the closing replay");
        fleet.reset().await;
        assert_eq!(fleet.greet().await, 500, "the reset brings the fault back");
        fleet.reset().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_healers_make_one_commit_and_one_roll_out() {
    let fleet = Fleet::start(Setup::default()).await;
    fleet.stack.add_replica(Service::Healer, &fleet.options).await.unwrap();
    for _ in 0..3 {
        let before = fleet.until_live_is_head().await;
        fleet.fire().await;
        let incident = fleet.until(&[Status::Resolved]).await;
        fleet.assert_healed(&incident, &before).await;
        fleet.reset().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_failures_of_one_cause_are_one_incident_and_one_recovery() {
    let fleet = Fleet::start(Setup::default()).await;
    let before = fleet.until_live_is_head().await;
    for _ in 0..10 {
        fleet.fire().await;
    }
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&incident, &before).await;
    assert_eq!(fleet.store().incidents(10, false).await.unwrap().incidents.len(), 1);
}
