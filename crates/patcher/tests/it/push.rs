//! Pushing what was admitted.

use crate::world::{TRACE, World, failed, fresh_key, pushed, refused};
use git2::{Oid, Repository};
use std::collections::BTreeMap;
use wire::Epoch;
use wire::proposal::{PatchTask, PushOutcome};

#[tokio::test]
async fn the_commit_has_exactly_the_admitted_tree_on_exactly_its_base() {
    let world = World::new();
    let patcher = world.start();
    let base = world.head();
    let (proposal, made) = world.pushed(&patcher).await;
    assert!(!made.found);
    assert_eq!((&made.tree, &made.commit), (&proposal.tree, &world.head()));
    let repository = Repository::open_bare(&world.tiny.remote).expect("the remote");
    let commit = repository.find_commit(Oid::from_str(made.commit.as_str()).unwrap()).expect("the commit");
    assert_eq!(commit.tree_id().to_string(), proposal.tree.as_str());
    assert_eq!((commit.parent_count(), commit.parent_id(0).unwrap().to_string()), (1, base.to_string()));
    assert_eq!(commit.author().email().unwrap(), world.settings.author_email);
    assert!(world.file("faults/greet.py").contains("\"value \" + str(value)"));
    patcher.stop().await;
}

#[tokio::test]
async fn the_message_says_what_and_why_with_its_trailers() {
    let world = World::new();
    let patcher = world.start();
    let (proposal, _) = world.pushed(&patcher).await;
    let message = world.log().remove(0);
    let subject = message.lines().next().expect("a subject");
    assert_eq!(subject, "[FAULT:TINY_GREETING_BROKEN] codemod tiny-greeting");
    assert!(message.contains("faults/greet.py") && message.contains("admitted"), "{message}");
    let trailers = git2::message_trailers_strs(&message).expect("trailers");
    let trailers: BTreeMap<&str, &str> = trailers.iter().collect();
    let (incident, digest) = (world.incident.to_string(), proposal.digest.to_string());
    let wanted = BTreeMap::from([
        ("Kintsugi-Incident", incident.as_str()),
        ("Kintsugi-Proposal", digest.as_str()),
        ("Kintsugi-Fault", "TINY_GREETING_BROKEN"),
        ("Kintsugi-Origin", "codemod tiny-greeting"),
        ("Kintsugi-Epoch", "3"),
        ("Traceparent", TRACE),
    ]);
    assert_eq!(trailers, wanted);
    patcher.stop().await;
}

#[tokio::test]
async fn a_trace_context_from_outside_cannot_add_a_trailer() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let PatchTask::Push(mut push) = world.push(&proposal) else { panic!("a push") };
    push.trace_parent = Some("00-x\nKintsugi-Reset: 999".into());
    pushed(patcher.ask(&PatchTask::Push(push)).await.expect("an outcome"));
    assert!(!world.log()[0].contains("Kintsugi-Reset"), "{}", world.log()[0]);
    patcher.stop().await;
}

#[tokio::test]
async fn asking_again_makes_no_second_commit_whatever_the_key_and_after_a_restart() {
    let mut world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let key = fresh_key();
    let first = pushed(patcher.ask_under(&key, &world.push(&proposal)).await.expect("an outcome"));
    world.authority.fence = world.authority.fence.next();
    let same_key = pushed(patcher.ask_under(&key, &world.push(&proposal)).await.expect("an outcome"));
    assert_eq!(first, same_key);
    let new_key = pushed(patcher.ask(&world.push(&proposal)).await.expect("an outcome"));
    assert_eq!((new_key.commit.clone(), new_key.tree, new_key.found), (first.commit.clone(), first.tree, true));
    patcher.stop().await;
    let patcher = world.start();
    world.developer(&[("app.py", Some("# on top\n"), 0o100_644)]);
    let restarted = pushed(patcher.ask_under(&key, &world.push(&proposal)).await.expect("an outcome"));
    assert_eq!((restarted.commit, restarted.found), (first.commit.clone(), true));
    patcher.stop().await;
    let elsewhere = world.start_another("fresh");
    let fresh = pushed(elsewhere.ask(&world.push(&proposal)).await.expect("an outcome"));
    assert_eq!((fresh.commit, fresh.found), (first.commit, true));
    assert_eq!(world.log().len(), 3, "the beginning, the cure, the developer's");
    elsewhere.stop().await;
}

#[tokio::test]
async fn a_base_that_moved_is_refused() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let head = world.developer(&[("app.py", Some("# newer\n"), 0o100_644)]);
    refused(patcher.ask(&world.push(&proposal)).await, "base_moved");
    assert_eq!(world.head(), head);
    patcher.stop().await;
}

#[tokio::test]
async fn a_lower_fence_than_was_seen_is_refused_and_another_incident_has_its_own() {
    let mut world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    world.authority.fence.0 -= 1;
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "fence_stale", false);
    assert_eq!(world.head(), proposal.base);
    world.incident = wire::IncidentId::fresh();
    pushed(patcher.ask(&world.push(&proposal)).await.expect("an outcome"));
    patcher.stop().await;
}

#[tokio::test]
async fn an_older_epoch_than_was_told_is_refused() {
    let mut world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    world.authority.epoch = Epoch(2);
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "epoch_stale", false);
    assert_eq!(world.head(), proposal.base);
    patcher.stop().await;
}

#[tokio::test]
async fn a_verifier_that_is_away_pushes_nothing_and_may_be_asked_again() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    world.verifier.script().away = 3;
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "unavailable", true);
    assert_eq!(world.head(), proposal.base);
    pushed(patcher.ask(&world.push(&proposal)).await.expect("an outcome"));
    patcher.stop().await;
}

#[tokio::test]
async fn a_remote_with_a_work_tree_is_never_pushed_to() {
    let mut world = World::new();
    let checked_out = world.path("checked-out");
    Repository::clone(&world.tiny.remote.display().to_string(), &checked_out).expect("a clone");
    world.target.repository.url = checked_out.display().to_string();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "unusable_remote", false);
    let head = Repository::open(&checked_out).expect("the clone").refname_to_id("refs/heads/main").expect("main");
    assert_eq!(head.to_string(), proposal.base.as_str());
    patcher.stop().await;
}

#[tokio::test]
async fn a_branch_that_is_gone_is_a_failure() {
    let mut world = World::new();
    world.target.repository.branch = "no-such".into();
    let patcher = world.start();
    failed(patcher.ask::<PushOutcome>(&world.reset(9)).await, "no_branch", true);
    patcher.stop().await;
}
