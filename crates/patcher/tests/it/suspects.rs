//! A suspect commit is taken back, as far as it touched patchable files.

use crate::world::{World, pushed, refused_proposal as refused};
use wire::CommitId;
use wire::plan::Remedy;
use wire::proposal::{ProposeOutcome, PushOutcome};

const FILE: &str = "faults/greet.py";
const TEXT: i32 = 0o100_644;

fn suspect(world: &World, commit: &CommitId) -> wire::proposal::PatchTask {
    world.propose_remedy(Remedy::Revert { commit: commit.clone() })
}

#[tokio::test]
async fn its_patchable_files_are_as_they_were_and_everything_else_stays() {
    let world = World::new();
    let before = world.file(FILE);
    let commit = world.developer(&[(FILE, Some("broken\n"), TEXT), ("app.py", Some("# new\n"), TEXT)]);
    world.developer(&[("notes.txt", Some("later\n"), TEXT)]);
    let patcher = world.start();
    let outcome: ProposeOutcome = patcher.ask(&suspect(&world, &commit)).await.expect("an outcome");
    let ProposeOutcome::Admitted(proposal) = outcome else { panic!("not admitted: {outcome:?}") };
    assert_eq!((proposal.origin, &proposal.files[..]), (format!("revert {commit}"), &[FILE.to_owned()][..]));
    let (_, admit) = world.verifier.script().asked.last().cloned().expect("the verifier was asked");
    assert!(!admit.minimise, "what was there before is known");
    let proposal = wire::proposal::Proposal { origin: format!("revert {commit}"), ..proposal };
    pushed(patcher.ask::<PushOutcome>(&world.push(&proposal)).await.expect("an outcome"));
    assert_eq!((world.file(FILE), world.file("app.py")), (before, "# new\n".to_owned()));
    patcher.stop().await;
}

#[tokio::test]
async fn what_is_no_suspect_is_not_taken_back() {
    let world = World::new();
    let patcher = world.start();
    let first = world.head();
    refused(patcher.ask(&suspect(&world, &first)).await, "not_a_suspect");
    let elsewhere = world.developer(&[("app.py", Some("# new\n"), TEXT)]);
    refused(patcher.ask(&suspect(&world, &elsewhere)).await, "not_a_suspect");
    let unknown = "e".repeat(40).parse().expect("an id");
    refused(patcher.ask(&suspect(&world, &unknown)).await, "not_a_suspect");
    patcher.stop().await;
}

#[tokio::test]
async fn a_recovery_and_a_reset_are_never_suspects() {
    let world = World::new();
    let patcher = world.start();
    let (_, cure) = world.pushed(&patcher).await;
    let refusal = refused(patcher.ask(&suspect(&world, &cure.commit)).await, "not_a_suspect");
    assert!(refusal.why.contains("reset or a recovery"), "{}", refusal.why);
    patcher.stop().await;
    let world = World::new();
    let patcher = world.start();
    world.developer(&[(FILE, Some("changed\n"), TEXT)]);
    let reset = patcher.ask::<PushOutcome>(&world.reset(3)).await.expect("an outcome");
    let refusal = refused(patcher.ask(&suspect(&world, &pushed(reset).commit)).await, "not_a_suspect");
    assert!(refusal.why.contains("reset or a recovery"), "{}", refusal.why);
    patcher.stop().await;
}

#[tokio::test]
async fn what_was_built_upon_is_a_conflict_and_what_is_back_already_is_nothing_to_do() {
    let world = World::new();
    let patcher = world.start();
    let before = world.file(FILE);
    let commit = world.developer(&[(FILE, Some("broken\n"), TEXT)]);
    world.developer(&[(FILE, Some("broken more\n"), TEXT)]);
    refused(patcher.ask(&suspect(&world, &commit)).await, "conflict");
    world.developer(&[(FILE, Some(&before), TEXT)]);
    refused(patcher.ask(&suspect(&world, &commit)).await, "no_match");
    assert!(world.verifier.script().asked.is_empty());
    patcher.stop().await;
}
