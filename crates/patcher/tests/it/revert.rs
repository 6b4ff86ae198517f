//! Taking a commit back.

use crate::world::{World, failed, pushed, refused};
use wire::proposal::PushOutcome;
use wire::{Epoch, IncidentId};

const FILE: &str = "faults/greet.py";

#[tokio::test]
async fn a_revert_restores_the_tree_and_says_so() {
    let world = World::new();
    let faulty = world.file(FILE);
    let patcher = world.start();
    let (_, made) = world.pushed(&patcher).await;
    assert_ne!(world.file(FILE), faulty);
    let reverted = pushed(patcher.ask(&world.revert(&made.commit)).await.expect("an outcome"));
    assert!(!reverted.found);
    assert_eq!((world.file(FILE), world.head()), (faulty, reverted.commit));
    let message = world.log().remove(0);
    assert!(message.starts_with("[REVERT:TINY_GREETING_BROKEN] take back "), "{message}");
    assert!(message.contains("the replay on live failed"), "{message}");
    for trailer in [
        format!("Kintsugi-Incident: {}", world.incident),
        format!("Kintsugi-Revert: {}", made.commit),
        "Kintsugi-Epoch: 3".to_owned(),
    ] {
        assert!(message.contains(&trailer), "{message}");
    }
    patcher.stop().await;
}

#[tokio::test]
async fn a_second_revert_finds_the_first_also_after_a_restart() {
    let world = World::new();
    let patcher = world.start();
    let (_, made) = world.pushed(&patcher).await;
    let first = pushed(patcher.ask(&world.revert(&made.commit)).await.expect("an outcome"));
    patcher.stop().await;
    let patcher = world.start_another("fresh");
    let second = pushed(patcher.ask(&world.revert(&made.commit)).await.expect("an outcome"));
    assert_eq!((second.commit, second.found), (first.commit, true));
    assert_eq!(world.log().len(), 3);
    patcher.stop().await;
}

#[tokio::test]
async fn what_others_pushed_since_stays() {
    let world = World::new();
    let faulty = world.file(FILE);
    let patcher = world.start();
    let (_, made) = world.pushed(&patcher).await;
    world.developer(&[("notes.txt", Some("mine\n"), 0o100_644)]);
    pushed(patcher.ask(&world.revert(&made.commit)).await.expect("an outcome"));
    assert_eq!((world.file(FILE), world.file("notes.txt")), (faulty, "mine\n".to_owned()));
    patcher.stop().await;
}

#[tokio::test]
async fn what_stands_restored_already_is_left_as_it_is() {
    let world = World::new();
    let faulty = world.file(FILE);
    let patcher = world.start();
    let (_, made) = world.pushed(&patcher).await;
    let head = world.developer(&[(FILE, Some(&faulty), 0o100_644)]);
    match patcher.ask(&world.revert(&made.commit)).await {
        Ok(PushOutcome::Unchanged { head: told, .. }) => assert_eq!((told, world.head()), (head.clone(), head)),
        other => panic!("not unchanged: {other:?}"),
    }
    patcher.stop().await;
}

#[tokio::test]
async fn a_file_that_somebody_built_on_is_left_to_a_person() {
    let world = World::new();
    let patcher = world.start();
    let (_, made) = world.pushed(&patcher).await;
    for (text, mode) in [(Some("# rewritten\n"), 0o100_644), (None, 0), (Some("../app.py"), 0o120_000)] {
        let head = world.developer(&[(FILE, text, mode)]);
        refused(patcher.ask(&world.revert(&made.commit)).await, "conflict");
        assert_eq!(world.head(), head);
    }
    patcher.stop().await;
}

#[tokio::test]
async fn only_a_commit_of_that_incident_on_that_branch_is_taken_back() {
    let mut world = World::new();
    let beginning = world.head();
    let patcher = world.start();
    let theirs = world.developer(&[(FILE, Some("# theirs\n"), 0o100_644)]);
    refused(patcher.ask(&world.revert(&theirs)).await, "not_ours");
    refused(patcher.ask(&world.revert(&beginning)).await, "not_ours");
    let nowhere = "e".repeat(40).parse().expect("a commit id");
    refused(patcher.ask(&world.revert(&nowhere)).await, "not_on_branch");
    world.developer(&[(FILE, Some(&world.file("faults/fault_greet.txt")), 0o100_644)]);
    let (_, made) = world.pushed(&patcher).await;
    world.incident = IncidentId::fresh();
    refused(patcher.ask(&world.revert(&made.commit)).await, "not_ours");
    assert_eq!(world.head(), made.commit);
    patcher.stop().await;
}

#[tokio::test]
async fn an_older_epoch_takes_nothing_back() {
    let mut world = World::new();
    let patcher = world.start();
    let (_, made) = world.pushed(&patcher).await;
    world.authority.epoch = Epoch(2);
    failed(patcher.ask::<PushOutcome>(&world.revert(&made.commit)).await, "epoch_stale", false);
    assert_eq!(world.head(), made.commit);
    patcher.stop().await;
}
