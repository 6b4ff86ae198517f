//! A fault is healed, once and by one, and one trace tells of it.

use e2e::collector::Collector;
use e2e::fleet::{Fleet, RECOVERY, Setup};
use std::collections::BTreeMap;
use testkit::eventually;
use wire::Service;
use wire::incident::Status;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_a_target_that_no_service_knows_is_healed_twice_in_a_row() {
    let fleet = Fleet::start(Setup::default()).await;
    for _ in 0..2 {
        let before = fleet.until_live_is_head().await;
        fleet.fire().await;
        let incident = fleet.until(&[Status::Resolved]).await;
        fleet.assert_healed(&incident, &before).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_goes_from_the_failing_request_through_every_service() {
    let (collector, url) = Collector::start();
    let env = BTreeMap::from([
        ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), url),
        ("OTEL_BSP_SCHEDULE_DELAY".to_owned(), "200".to_owned()),
    ]);
    let fleet = Fleet::start(Setup { env, ..Setup::default() }).await;
    fleet.fire().await;
    let incident = fleet.until(&[Status::Resolved]).await;
    let trace = incident.trace_parent.expect("the incident belongs to a trace");
    let digits = trace.split('-').nth(1).expect("a trace id");
    let bytes: Vec<u8> = (0..16).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
    for service in [
        Service::Front,
        Service::FaultRouter,
        Service::IncidentStore,
        Service::Healer,
        Service::RagGateway,
        Service::Patcher,
        Service::Verifier,
        Service::Deployer,
    ] {
        eventually(&format!("a span of {service} in trace {digits}"), RECOVERY, async || {
            collector.has(service.as_str(), &bytes).then_some(())
        })
        .await;
    }
}
