//! Several writers at once: nothing is lost, nothing is done twice.

use crate::developer::commit;
use crate::world::{World, code, failed, pushed};
use git2::Repository;
use std::collections::BTreeSet;
use testkit::repository;
use wire::proposal::{Proposal, PushOutcome};

const ROUNDS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_patchers_pushing_one_proposal_make_one_commit() {
    let world = World::new();
    let patchers: Vec<_> = (0..4).map(|n| world.start_another(&format!("work-{n}"))).collect();
    let proposal = world.admitted(&patchers[0]).await;
    let task = world.push(&proposal);
    let asked = patchers.iter().flat_map(|patcher| (0..3).map(|_| patcher.ask::<PushOutcome>(&task)));
    let mut commits = BTreeSet::new();
    let mut made = 0;
    for outcome in futures::future::join_all(asked).await {
        let commit = pushed(outcome.expect("an outcome"));
        made += usize::from(!commit.found);
        commits.insert(commit.commit);
    }
    assert_eq!(commits.len(), 1);
    assert!(made >= 1, "somebody made it");
    assert_eq!(world.log().len(), 2, "{:?}", world.log());
    for patcher in patchers {
        patcher.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_changes_on_one_base_one_lands_and_the_other_is_told_so() {
    for _ in 0..ROUNDS {
        let world = World::new();
        let (one, two) = (world.start_another("one"), world.start_another("two"));
        let first = world.admitted(&one).await;
        let diff = first.diff.replace("str(value)", "repr(value)");
        let tree = repository_tree(&world, &first, &diff);
        let digest = Proposal::digest_of(&first.target, &code(), &first.base, &diff);
        let second = Proposal { digest, diff, tree, ..first.clone() };
        world.verifier.admit_anyway(&second);
        let (task_one, task_two) = (world.push(&first), world.push(&second));
        let (a, b) = tokio::join!(one.ask::<PushOutcome>(&task_one), two.ask::<PushOutcome>(&task_two));
        let outcomes = [a.expect("an outcome"), b.expect("an outcome")];
        let landed = outcomes.iter().filter(|outcome| matches!(outcome, PushOutcome::Pushed(_))).count();
        let told = outcomes.iter().filter(|o| matches!(o, PushOutcome::Refused(r) if r.code == "base_moved")).count();
        assert_eq!((landed, told), (1, 1), "{outcomes:?}");
        assert_eq!(world.log().len(), 2);
        one.stop().await;
        two.stop().await;
    }
}

fn repository_tree(world: &World, proposal: &Proposal, diff: &str) -> wire::TreeId {
    let repository = Repository::open_bare(&world.tiny.remote).expect("the remote");
    let base = git2::Oid::from_str(proposal.base.as_str()).expect("an id");
    let base = repository.find_commit(base).expect("the base").tree().expect("its tree");
    let diff = git2::Diff::from_buffer(diff.as_bytes()).expect("a diff");
    let mut index = repository.apply_to_tree(&base, &diff, None).expect("it applies");
    index.write_tree_to(&repository).expect("a tree").to_string().parse().expect("a tree id")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reset_and_a_developer_who_pushes_all_the_time_lose_nothing_of_each_other() {
    let world = World::new();
    let patcher = world.start();
    world.pushed(&patcher).await;
    let remote = world.tiny.remote.clone();
    let developer = tokio::task::spawn_blocking(move || {
        let repository = Repository::open_bare(&remote).expect("the remote");
        for n in 0..ROUNDS {
            commit(&repository, &[("notes.txt", Some(&format!("{n}\n")), 0o100_644)], &format!("Note {n}"));
        }
    });
    for epoch in 4..8 {
        pushed(patcher.ask(&world.reset(epoch)).await.expect("an outcome"));
    }
    developer.await.expect("the developer ends");
    let log = repository::log(&world.tiny.remote);
    for n in 0..ROUNDS {
        let message = format!("Note {n}");
        assert_eq!(log.iter().filter(|text| **text == message).count(), 1, "{message}");
    }
    for epoch in 4..8 {
        let trailer = format!("Kintsugi-Reset: {epoch}");
        assert_eq!(log.iter().filter(|text| text.contains(&trailer)).count(), 1, "{trailer}");
    }
    assert_eq!(world.file("faults/greet.py"), world.file("faults/fault_greet.txt"));
    assert_eq!(world.file("notes.txt"), format!("{}\n", ROUNDS - 1));
    patcher.stop().await;
}

#[tokio::test]
async fn a_branch_that_somebody_keeps_locked_is_a_failure_that_may_pass() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let lock = world.tiny.remote.join("refs/heads/main.lock");
    std::fs::write(&lock, "").expect("a lock");
    failed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await, "branch_busy", true);
    assert_eq!(world.head(), proposal.base);
    std::fs::remove_file(&lock).expect("unlocked");
    pushed(patcher.ask(&world.push(&proposal)).await.expect("an outcome"));
    patcher.stop().await;
}

#[tokio::test]
async fn a_working_repository_that_a_crash_left_behind_is_no_obstacle() {
    let world = World::new();
    let patcher = world.start();
    world.admitted(&patcher).await;
    patcher.stop().await;
    let work = world.settings.work.join("tiny.git");
    std::fs::write(work.join("refs/kintsugi/seen.lock"), "").expect("a lock left over");
    std::fs::write(work.join("objects/pack/pack_git2_left"), "half").expect("half a pack");
    world.developer(&[("app.py", Some("# newer\n"), 0o100_644)]);
    let patcher = world.start();
    world.pushed(&patcher).await;
    patcher.stop().await;
    std::fs::remove_file(work.join("HEAD")).expect("gone");
    let patcher = world.start();
    pushed(patcher.ask(&world.reset(4)).await.expect("an outcome"));
    patcher.stop().await;
}
