//! kill -9 of each service, after the intention and after the effect but before the outcome; the journal triggers the kill.
//! Each time: one commit, one roll-out, resolved.

use e2e::fleet::{Fleet, Setup};
use e2e::gate::{Then, When};
use std::sync::Arc;
use wire::Service;
use wire::incident::Status;

/// A step and the event that is its outcome.
const ANALYZE: (&str, &str) = ("analyze", "planned");
const PROPOSE: (&str, &str) = ("propose", "admitted");
const PUSH: (&str, &str) = ("push", "pushed");
const DEPLOY: (&str, &str) = ("deploy", "deployed");
const VERIFY: (&str, &str) = ("verify", "verified");
const LEARN: (&str, &str) = ("learn", "learned");

async fn survives(victim: Service, steps: &[(&str, &str)]) {
    let fleet = Arc::new(Fleet::start(Setup::default()).await);
    for (step, outcome) in steps {
        for (when, kind, step) in [(When::After, "started", Some(*step)), (When::Before, outcome, None)] {
            println!("kill -9 of {victim} {when:?} {kind} {}", step.unwrap_or_default());
            cell(&fleet, victim, when, kind, step).await;
        }
    }
}

async fn cell(fleet: &Arc<Fleet>, victim: Service, when: When, kind: &str, step: Option<&str>) {
    let before = fleet.until_live_is_head().await;
    let killer = Arc::downgrade(fleet);
    fleet.gate.at(when, kind, step, move || {
        if let Some(fleet) = killer.upgrade() {
            fleet.stack.supervisor.kill(victim, false);
        }
        // What a dead healer was about to say is not heard; what others told it before they died is.
        if victim == Service::Healer { Then::Lose } else { Then::PassOn }
    });
    fleet.fire().await;
    let incident = fleet.until(&[Status::Resolved]).await;
    let learned = testkit::eventually("what was healed is learned", e2e::fleet::RECOVERY, async || {
        let incident = fleet.store().incident(incident.id).await.ok()?;
        incident.document.is_some().then_some(incident)
    })
    .await;
    assert!(fleet.gate.has_bitten(), "the kill was not triggered");
    fleet.assert_healed(&learned, &before).await;
    fleet.reset().await;
}

macro_rules! crash_tests {
    ($($name:ident: $victim:expr => $steps:expr;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                survives($victim, &$steps).await;
            }
        )*
    };
}

crash_tests! {
    the_healer_killed_at_any_step_goes_on: Service::Healer => [ANALYZE, PROPOSE, PUSH, DEPLOY, VERIFY, LEARN];
    the_store_killed_at_any_step_loses_nothing: Service::IncidentStore => [ANALYZE, PROPOSE, PUSH, DEPLOY, VERIFY, LEARN];
    the_rag_gateway_killed_is_asked_again: Service::RagGateway => [ANALYZE, LEARN];
    the_patcher_killed_makes_one_commit: Service::Patcher => [PROPOSE, PUSH];
    the_verifier_killed_judges_again: Service::Verifier => [PROPOSE, DEPLOY, VERIFY];
    the_deployer_killed_rolls_out_once: Service::Deployer => [DEPLOY, VERIFY];
    the_front_killed_takes_the_same_routes_again: Service::Front => [DEPLOY, VERIFY];
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_router_killed_loses_no_line_and_tells_none_twice() {
    let fleet = Arc::new(Fleet::start(Setup::default()).await);
    for when in [When::Before, When::After] {
        let before = fleet.until_live_is_head().await;
        let killer = Arc::downgrade(&fleet);
        fleet.gate.at(when, "detections", None, move || {
            if let Some(fleet) = killer.upgrade() {
                fleet.stack.supervisor.kill(Service::FaultRouter, false);
            }
            Then::Lose
        });
        fleet.fire().await;
        let incident = fleet.until(&[Status::Resolved]).await;
        assert!(fleet.gate.has_bitten(), "the kill was not triggered");
        assert_eq!(incident.occurrences, 1, "one line, one occurrence");
        fleet.assert_healed(&incident, &before).await;
        fleet.reset().await;
    }
}
