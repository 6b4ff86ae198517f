//! The reset: the fault is back, and the old epoch stays out.

use crate::world::{World, cure, failed, fresh_key, pushed, refused};
use wire::Epoch;
use wire::proposal::{ProposeOutcome, PushOutcome};

const FILE: &str = "faults/greet.py";
const TEMPLATE: &str = "faults/fault_greet.txt";

#[tokio::test]
async fn a_reset_writes_the_templates_bytes_and_tells_the_branch_the_epoch() {
    let world = World::new();
    let patcher = world.start();
    world.pushed(&patcher).await;
    assert_ne!(world.file(FILE), world.file(TEMPLATE));
    let made = pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    assert!(!made.found);
    assert_eq!((world.file(FILE), world.head()), (world.file(TEMPLATE), made.commit));
    let message = world.log().remove(0);
    assert!(message.starts_with("[RESET] restore the original fault files of tiny\n"), "{message}");
    assert!(message.ends_with("\n\nKintsugi-Reset: 4\n"), "{message}");
    patcher.stop().await;
}

#[tokio::test]
async fn a_reset_of_unchanged_files_still_commits_the_epoch() {
    let world = World::new();
    let patcher = world.start();
    let before = world.head();
    let made = pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    assert_ne!(world.head(), before);
    assert_eq!(world.head(), made.commit);
    assert_eq!(world.file(FILE), world.file(TEMPLATE));
    patcher.stop().await;
}

#[tokio::test]
async fn asking_again_for_an_epoch_finds_its_commit_and_undoes_no_later_work() {
    let mut world = World::new();
    let patcher = world.start();
    let key = fresh_key();
    let first = pushed(patcher.ask_under(&key, &world.reset(4)).await.expect("an outcome"));
    world.authority.epoch = Epoch(4);
    let (_, cured) = world.pushed(&patcher).await;
    let again = pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    assert_eq!((again.commit, again.found), (first.commit.clone(), true));
    patcher.stop().await;
    let patcher = world.start_another("fresh");
    let restarted = pushed(patcher.ask_under(&key, &world.reset(4)).await.expect("an outcome"));
    assert_eq!((restarted.commit, restarted.found), (first.commit, true));
    assert_eq!(world.head(), cured.commit, "the cure of the new epoch stays");
    patcher.stop().await;
}

#[tokio::test]
async fn after_a_reset_in_the_middle_nothing_of_the_old_epoch_lands() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let reset = pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "epoch_stale", false);
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "epoch_stale", false);
    assert_eq!(world.head(), reset.commit);
    patcher.stop().await;
}

#[tokio::test]
async fn after_a_restart_the_branch_still_knows_the_epoch() {
    let mut world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let (_, made) = world.pushed(&patcher).await;
    pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    let head = world.developer(&[("app.py", Some("# on top\n"), 0o100_644)]);
    patcher.stop().await;
    let patcher = world.start_another("fresh");
    world.authority.fence = world.authority.fence.next();
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "epoch_stale", false);
    failed(patcher.ask::<PushOutcome>(&world.revert(&made.commit)).await, "epoch_stale", false);
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "epoch_stale", false);
    failed(patcher.ask::<PushOutcome>(&world.reset(3)).await, "epoch_stale", false);
    assert_eq!(world.head(), head);
    world.authority.epoch = Epoch(4);
    world.pushed(&patcher).await;
    patcher.stop().await;
}

#[tokio::test]
async fn a_revert_after_the_reset_has_nothing_to_do() {
    let mut world = World::new();
    let patcher = world.start();
    let (_, made) = world.pushed(&patcher).await;
    pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    world.authority.epoch = Epoch(4);
    let outcome = patcher.ask(&world.revert(&made.commit)).await;
    assert!(matches!(outcome, Ok(PushOutcome::Unchanged { .. })), "{outcome:?}");
    patcher.stop().await;
}

#[tokio::test]
async fn a_fault_file_that_was_deleted_comes_back() {
    let world = World::new();
    world.developer(&[(FILE, None, 0)]);
    let patcher = world.start();
    pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    assert_eq!(world.file(FILE), world.file(TEMPLATE));
    patcher.stop().await;
}

#[tokio::test]
async fn a_symlink_or_a_missing_template_is_refused() {
    let world = World::new();
    let patcher = world.start();
    let template = world.file(TEMPLATE);
    world.developer(&[(FILE, Some("../app.py"), 0o120_000)]);
    refused(patcher.ask(&world.reset(4)).await, "not_a_file");
    world.developer(&[(FILE, Some("#\n"), 0o100_644), (TEMPLATE, Some("../app.py"), 0o120_000)]);
    refused(patcher.ask(&world.reset(4)).await, "not_a_file");
    let head = world.developer(&[(TEMPLATE, None, 0)]);
    refused(patcher.ask(&world.reset(4)).await, "no_template");
    assert_eq!(world.head(), head);
    world.developer(&[(TEMPLATE, Some(&template), 0o100_644)]);
    pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    patcher.stop().await;
}

#[tokio::test]
async fn a_target_without_templates_has_nothing_to_reset() {
    let mut world = World::new();
    world.target.reset.clear();
    let patcher = world.start();
    let outcome = patcher.ask(&world.reset(4)).await;
    assert!(matches!(outcome, Ok(PushOutcome::Unchanged { .. })), "{outcome:?}");
    patcher.stop().await;
}
