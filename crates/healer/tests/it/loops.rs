//! The loop for real, over HTTP.

mod failures;
mod lessons;

use crate::fleet::{Fleet, LIMIT};
use crate::world::What;
use wire::Service;
use wire::event::{Body, Step};
use wire::incident::Status;

const HEAL: [&str; 14] = [
    "detected",
    "started analyze",
    "planned",
    "started propose",
    "admitted",
    "started push",
    "pushed",
    "started deploy",
    "deployed",
    "started verify",
    "verified",
    "resolved",
    "started learn",
    "learned",
];

fn heal() -> Vec<String> {
    HEAL.iter().map(|kind| (*kind).to_owned()).collect()
}

/// One commit, one roll-out, resolved, and the branch is what runs.
#[track_caller]
fn healed_once(fleet: &Fleet) {
    let world = fleet.ground.world();
    let ours = world.git.branch.iter().filter(|commit| commit.what != What::Base).count();
    assert_eq!((ours, world.rollouts.len(), world.lessons.len()), (1, 1, 1));
    assert_eq!(world.live, world.git.head().id);
    assert_eq!(world.store.incident.status, Status::Resolved);
    drop(world);
    crate::model::check(&fleet.ground.world());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_is_healed_step_by_step_and_given_back() {
    let fleet = Fleet::start();
    let healer = fleet.healer();
    let incident = fleet.rests().await;
    assert_eq!(fleet.journal(), heal());
    healed_once(&fleet);
    assert_eq!(incident.document.as_deref(), Some("learned"));
    assert_eq!(fleet.ground.asked(), ["plan", "propose-1", "push-1", "deploy-1", "verify-1", "learn"]);
    let releases = fleet.ground.store().releases.clone();
    assert_eq!(releases.len(), 1, "one lease was enough");
    assert_eq!((releases[0].seen, releases[0].wake_at), (Some(incident.position), None));
    healer.holds(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_operations_tell_is_journaled_while_they_run() {
    let fleet = Fleet::start();
    fleet.ground.shut("deploy-1");
    let healer = fleet.healer();
    let told = |step: Step| {
        let events = fleet.ground.world().store.events.clone();
        let notes = events.into_iter().filter_map(move |event| match event.body {
            Body::Progressed { step: of, progress, .. } if of == step => Some((event.key, progress.note)),
            _ => None,
        });
        notes.collect::<Vec<_>>()
    };
    let begun = ("progress/deploy-1/0".to_owned(), "deploy-1 begins".to_owned());
    let first = testkit::eventually("the first progress", LIMIT, async || told(Step::Deploy).first().cloned()).await;
    assert_eq!(first, begun);
    let held = healer.work().await.held;
    assert_eq!((held.len(), held[0].status, held[0].in_flight.unwrap().step), (1, Status::Deploying, Step::Deploy));
    fleet.ground.open("deploy-1");
    fleet.rests().await;
    assert_eq!(told(Step::Deploy), [begun, ("progress/deploy-1/1".into(), "deploy-1 ends".into())]);
    healed_once(&fleet);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_healers_at_once_make_one_commit() {
    let fleet = Fleet::start();
    fleet.ground.shut("push-1");
    let first = fleet.healer();
    fleet.asked("push-1", 1).await;
    // The store gives the incident to another while the first still waits for its push.
    let second = fleet.healer();
    fleet.ground.revoke(true);
    fleet.asked("push-1", 2).await;
    fleet.ground.open("push-1");
    fleet.rests().await;
    healed_once(&fleet);
    assert_eq!(fleet.journal(), heal());
    first.holds(false).await;
    second.holds(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_lease_is_lost_nothing_more_is_done() {
    let fleet = Fleet::start();
    fleet.ground.shut("propose-1");
    let healer = fleet.healer();
    fleet.asked("propose-1", 1).await;
    healer.holds(true).await;
    fleet.ground.revoke(false);
    healer.holds(false).await;
    let (asked, journal, calls) = (fleet.ground.asked(), fleet.journal(), fleet.ground.store().lease_calls);
    fleet.ground.open("propose-1");
    // It is back at asking for work, and has been for more than one round: nothing of the old lease is going on.
    let rounds = async || (fleet.ground.store().lease_calls > calls + 2).then_some(());
    testkit::eventually("two more questions for a lease", LIMIT, rounds).await;
    assert_eq!((fleet.ground.asked(), fleet.journal()), (asked, journal));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_of_a_step_is_lost_with_the_lease_and_asked_for_again() {
    let fleet = Fleet::start();
    fleet.ground.shut("push-1");
    let healer = fleet.healer();
    fleet.asked("push-1", 1).await;
    // The lease is over the moment before the outcome is told.
    fleet.ground.revoke(false);
    fleet.ground.open("push-1");
    healer.holds(false).await;
    assert_eq!(fleet.journal().last().map(String::as_str), Some("started push"));
    fleet.ground.revoke(true);
    fleet.rests().await;
    healed_once(&fleet);
    assert_eq!(fleet.journal(), heal());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_are_away_for_a_while_are_waited_for() {
    let fleet = Fleet::start();
    let peers = [Service::RagGateway, Service::Patcher, Service::Deployer, Service::Verifier];
    for service in peers {
        fleet.ground.take_away(service);
    }
    let _healer = fleet.healer();
    for service in peers {
        let missed = async || (fleet.ground.missed(service) >= 9).then_some(());
        testkit::eventually(&format!("{service} is called in vain"), LIMIT, missed).await;
        fleet.ground.bring_back(service);
    }
    fleet.rests().await;
    healed_once(&fleet);
    assert_eq!(fleet.journal(), heal());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_is_waited_for_and_longer_than_the_lease_ends_it() {
    let fleet = Fleet::start();
    fleet.ground.shut("push-1");
    let healer = fleet.healer();
    fleet.asked("push-1", 1).await;
    fleet.ground.take_away(Service::IncidentStore);
    fleet.ground.open("push-1");
    let missed = async || (fleet.ground.missed(Service::IncidentStore) >= 3).then_some(());
    testkit::eventually("the store is called in vain", LIMIT, missed).await;
    healer.holds(false).await;
    fleet.ground.bring_back(Service::IncidentStore);
    fleet.rests().await;
    healed_once(&fleet);
    assert!(fleet.ground.store().granted > 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_kept_while_an_effect_takes_longer_than_it_lasts() {
    let fleet = Fleet::start();
    fleet.ground.shut("deploy-1");
    let _healer = fleet.healer();
    fleet.asked("deploy-1", 1).await;
    // The lease lasts 900 ms and is renewed every 300.
    let renewed = async || (fleet.ground.store().renewals >= 6).then_some(());
    testkit::eventually("the lease is renewed for twice its time", LIMIT, renewed).await;
    fleet.ground.open("deploy-1");
    fleet.rests().await;
    healed_once(&fleet);
    assert_eq!(fleet.ground.store().granted, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occurrence_in_the_middle_of_a_step_moves_its_outcome_to_a_later_position() {
    let fleet = Fleet::start();
    fleet.ground.shut("push-1");
    let _healer = fleet.healer();
    fleet.asked("push-1", 1).await;
    fleet.ground.world().store.detect_again();
    fleet.ground.open("push-1");
    let incident = fleet.rests().await;
    healed_once(&fleet);
    assert_eq!(incident.occurrences, 2);
    assert!(fleet.ground.store().refused.iter().any(|code| code == "position_conflict"));
}
