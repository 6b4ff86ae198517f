//! The loop for real when steps fail, a reset comes in between, or the word to stop.

use super::healed_once;
use crate::fleet::{Fleet, LIMIT};
use crate::world::What;
use wire::incident::Status;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_fails_is_journaled_and_begun_again_under_a_new_key() {
    let fleet = Fleet::start();
    fleet.ground.fail("propose-1");
    fleet.ground.fail("deploy-1");
    let _healer = fleet.healer();
    fleet.rests().await;
    healed_once(&fleet);
    let failed = |kind: &str| fleet.journal().iter().filter(|event| *event == kind).count();
    assert_eq!((failed("failed propose"), failed("failed deploy")), (1, 1));
    assert!(fleet.ground.asked().contains(&"deploy-2".to_owned()));
    let waits = fleet.ground.store().releases.iter().filter(|release| release.wake_at.is_some()).count();
    assert_eq!(waits, 2, "the incident is given back until the step may be begun again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_away_for_a_while_is_waited_for_at_every_step() {
    let fleet = Fleet::start();
    for step in ["propose", "push", "deploy", "verify"] {
        fleet.ground.falter(step, 7);
    }
    let _healer = fleet.healer();
    fleet.rests().await;
    healed_once(&fleet);
    let journal = fleet.journal();
    for step in ["propose", "push", "deploy", "verify"] {
        let failed = journal.iter().filter(|kind| **kind == format!("failed {step}")).count();
        assert_eq!(failed, 7, "more than the three attempts of what does not pass: {journal:?}");
    }
    let waits = fleet.ground.store().releases.iter().filter(|release| release.wake_at.is_some()).count();
    assert_eq!(waits, 28, "each wait gives the incident back, so that another can be moved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stays_away_goes_to_a_person_and_no_flood_of_events() {
    let mut fleet = Fleet::start();
    fleet.settings.patience_ms = 200;
    fleet.ground.falter("propose", usize::MAX);
    let _healer = fleet.healer();
    let incident = fleet.reaches(Status::Escalated).await;
    assert_eq!(incident.escalation, Some(wire::event::EscalationReason::StepFailed));
    let failed = fleet.journal().iter().filter(|kind| *kind == "failed propose").count();
    assert!((4..=32).contains(&failed), "{failed} attempts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_pushed_and_cannot_be_rolled_out_is_taken_back() {
    let fleet = Fleet::start();
    for attempt in ["deploy-1", "deploy-2", "deploy-3"] {
        fleet.ground.fail(attempt);
    }
    let _healer = fleet.healer();
    let incident = fleet.reaches(Status::Escalated).await;
    assert_eq!(incident.escalation, Some(wire::event::EscalationReason::StepFailed));
    assert_eq!(fleet.ground.asked().iter().filter(|step| step.contains("undo")).count(), 2);
    crate::model::check(&fleet.ground.world());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_learned_is_still_resolved() {
    let fleet = Fleet::start();
    fleet.ground.fail("learn");
    let _healer = fleet.healer();
    let incident = fleet.rests().await;
    assert_eq!((incident.status, incident.document), (Status::Resolved, None));
    assert_eq!(fleet.journal().iter().filter(|kind| *kind == "failed learn").count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_remembers_a_newer_epoch_than_the_store_is_a_failure_and_no_endless_loop() {
    let fleet = Fleet::start();
    fleet
        .ground
        .world()
        .remember(wire::Service::Patcher, wire::Authority { fence: wire::Fence(0), epoch: wire::Epoch(9) });
    let _healer = fleet.healer();
    let incident = fleet.reaches(Status::Escalated).await;
    assert_eq!(incident.escalation, Some(wire::event::EscalationReason::StepFailed));
    assert_eq!(fleet.journal().iter().filter(|kind| *kind == "failed propose").count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_lease_seen_by_a_receiver_ends_the_work_of_the_older() {
    let fleet = Fleet::start();
    fleet.ground.shut("push-1");
    let healer = fleet.healer();
    fleet.asked("push-1", 1).await;
    // A reset comes in between: the patcher is told of the new epoch before the store could take the lease away.
    fleet.ground.world().reset();
    fleet.ground.open("push-1");
    healer.holds(false).await;
    assert_eq!(fleet.journal().last().map(String::as_str), Some("archived"));
    let world = fleet.ground.world();
    assert_eq!(world.git.head().what, What::Reset);
    crate::model::check(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_word_to_stop_gives_the_incident_back_at_once() {
    let fleet = Fleet::start();
    fleet.ground.shut("deploy-1");
    let mut healer = fleet.healer();
    fleet.asked("deploy-1", 1).await;
    healer.stop.now();
    let ended = tokio::time::timeout(LIMIT, &mut healer.ended).await.expect("it stops in time").unwrap();
    assert!(ended.is_ok(), "{ended:?}");
    assert!(fleet.ground.store().releases[0].wake_at.is_some());
    fleet.ground.open("deploy-1");
    let _next = fleet.healer();
    fleet.rests().await;
    healed_once(&fleet);
}
