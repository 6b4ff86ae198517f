//! From an option to a proposal.

use crate::verifier::Mode;
use crate::world::{World, code, cure, failed, fresh_key, refused_proposal as refused};
use patcher::Settings;
use serde_json::json;
use std::net::TcpListener;
use wire::plan::Remedy;
use wire::proposal::{Proposal, ProposeOutcome};
use wire::span::{SpanKind, Stage};
use wire::{Digest, Epoch};

#[tokio::test]
async fn a_cure_becomes_an_admitted_proposal_and_the_branch_stays_as_it_is() {
    let world = World::new();
    let patcher = world.start();
    let head = world.head();
    let (outcome, told) = patcher.ask_all(&world.propose(cure())).await;
    let Ok(ProposeOutcome::Admitted(proposal)) = outcome else { panic!("not admitted: {outcome:?}") };
    assert_eq!(proposal.diff, with_full_ids(&world, &world.tiny.good_diff()));
    assert_eq!(proposal.base, head);
    assert_eq!(proposal.digest, Proposal::digest_of(&world.target.name, &code(), &head, &proposal.diff));
    assert_eq!(proposal.files, ["faults/greet.py"]);
    assert_eq!(proposal.origin, "codemod tiny-greeting");
    assert_eq!((proposal.gates.len(), proposal.artefact), (5, Digest::of("the artefact")));
    assert_eq!(told.first().and_then(|progress| progress.stage), Some(Stage::Proposed));
    let spans: Vec<_> = told.iter().filter_map(|progress| progress.span.as_ref()).map(|span| span.kind).collect();
    assert_eq!(spans, [SpanKind::Build], "the verifier's progress is passed on");
    assert_eq!(world.head(), head);
    patcher.stop().await;
}

/// The fixture's diff abbreviates the ids in its `index` line.
fn with_full_ids(world: &World, diff: &str) -> String {
    let (_, admit) = world.verifier.script().asked.last().cloned().expect("the verifier was asked");
    let index = |text: &str| text.lines().find(|line| line.starts_with("index ")).expect("an index line").to_owned();
    diff.replace(&index(diff), &index(&admit.diff))
}

#[tokio::test]
async fn asking_twice_under_a_key_asks_the_verifier_once_and_a_restart_asks_it_the_same() {
    let world = World::new();
    let patcher = world.start();
    let (key, task) = (fresh_key(), world.propose(cure()));
    let first: ProposeOutcome = patcher.ask_under(&key, &task).await.expect("an outcome");
    let second: ProposeOutcome = patcher.ask_under(&key, &task).await.expect("an outcome");
    assert_eq!(first, second);
    assert_eq!(world.verifier.script().asked.len(), 1);
    patcher.stop().await;
    let patcher = world.start();
    let third: ProposeOutcome = patcher.ask_under(&key, &task).await.expect("an outcome");
    assert_eq!(first, third);
    assert_eq!(world.verifier.script().asked.len(), 1, "the same question under the same key");
    let (asked, _) = world.verifier.script().asked.first().cloned().expect("a question");
    assert_eq!(asked.scope, world.incident.to_string());
    assert!(asked.step.starts_with("admit-"), "{asked}");
    patcher.stop().await;
}

#[tokio::test]
async fn a_rule_that_changes_nothing_is_no_match_and_the_verifier_is_not_asked() {
    let world = World::new();
    let patcher = world.start();
    let nothing = json!({ "language": "python", "rule": { "pattern": "no_such_call($A)" }, "fix": "x" });
    refused(patcher.ask(&world.propose(nothing)).await, "no_match");
    let same = json!({ "language": "python", "rule": { "pattern": "$A + $B" }, "fix": "$A + $B" });
    refused(patcher.ask(&world.propose(same)).await, "no_match");
    assert!(world.verifier.script().asked.is_empty());
    patcher.stop().await;
}

#[tokio::test]
async fn a_rule_that_cannot_be_used_is_refused_with_what_is_wrong() {
    let world = World::new();
    let patcher = world.start();
    let cases = [
        (json!({ "language": "rust", "rule": { "pattern": "f($A)" }, "fix": "x" }), "wrong_language"),
        (json!({ "language": "go", "rule": { "pattern": "f($A)" }, "fix": "x" }), "wrong_language"),
        (json!({ "language": "python", "rule": { "kind": "no_such" }, "fix": "x" }), "bad_rule"),
        (json!({ "language": "python", "rule": { "pattern": "$A + $B" } }), "bad_rule"),
        (json!({ "language": "python", "rule": { "pattern": "$A + $B" }, "fix": "(" }), "does_not_parse"),
        (json!({ "language": "python", "rule": { "kind": "module" }, "fix": "" }), "empty_result"),
    ];
    for (rule, code) in cases {
        let refusal = refused(patcher.ask(&world.propose(rule)).await, code);
        assert!(!refusal.why.is_empty());
    }
    let forged = Remedy::Codemod { document: "x".into(), rule: cure(), digest: Digest::of("another") };
    refused(patcher.ask(&world.propose_remedy(forged)).await, "bad_rule");
    refused(patcher.ask(&world.propose_remedy(Remedy::Unknown)).await, "unknown_remedy");
    assert!(world.verifier.script().asked.is_empty());
    patcher.stop().await;
}

#[tokio::test]
async fn what_a_gate_refuses_is_refused_with_its_code_the_diff_and_the_gates() {
    let world = World::new();
    let patcher = world.start();
    world.verifier.set(Mode::Refuse);
    let refusal = refused(patcher.ask(&world.propose(cure())).await, "tests_failed");
    assert_eq!(refusal.why, "it was tests_failed");
    assert!(refusal.diff.expect("the diff").contains("+    return {\"greeting\": \"value \" + str(value)}"));
    assert_eq!(refusal.gates.len(), 2);
    patcher.stop().await;
}

#[tokio::test]
async fn a_verdict_that_does_not_fit_admits_nothing() {
    let world = World::new();
    let patcher = world.start();
    for (mode, code) in
        [(Mode::OtherTree, "tree_mismatch"), (Mode::NoGates, "not_admitted"), (Mode::OtherProposal, "not_admitted")]
    {
        world.verifier.set(mode);
        world.verifier.script().forget();
        refused(patcher.ask(&world.propose(cure())).await, code);
    }
    patcher.stop().await;
}

#[tokio::test]
async fn a_verification_that_fails_is_a_failure_and_not_a_refusal() {
    let world = World::new();
    let patcher = world.start();
    for retry in [true, false] {
        world.verifier.script().forget();
        world.verifier.set(Mode::Fail { retry });
        failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "sandbox_broken", retry);
    }
    patcher.stop().await;
}

#[tokio::test]
async fn a_verifier_that_crashes_or_is_away_for_a_moment_is_asked_again() {
    let world = World::new();
    let patcher = world.start();
    {
        let mut script = world.verifier.script();
        (script.away, script.crashes) = (4, 2);
    }
    let proposal = world.admitted(&patcher).await;
    assert_eq!(proposal.base, world.head());
    let keys: Vec<_> = world.verifier.script().asked.iter().map(|(key, _)| key.clone()).collect();
    assert!(keys.len() > 1 && keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
    patcher.stop().await;
}

#[tokio::test]
async fn a_verifier_that_stays_away_is_a_failure_within_the_limit() {
    let world = World::new();
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let verifier = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let patcher = world.start_with(Settings { verifier, verify_limit_ms: 500, ..world.settings.clone() });
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "too_long", true);
    patcher.stop().await;
}

#[tokio::test]
async fn a_remote_that_is_gone_is_a_failure_and_not_a_refusal() {
    let world = World::new();
    let patcher = world.start();
    std::fs::rename(&world.tiny.remote, world.path("elsewhere.git")).expect("moved");
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "unavailable", true);
    std::fs::rename(world.path("elsewhere.git"), &world.tiny.remote).expect("moved back");
    world.admitted(&patcher).await;
    patcher.stop().await;
}

#[tokio::test]
async fn work_that_takes_too_long_is_a_failure() {
    let world = World::new();
    let patcher = world.start_with(Settings { git_limit_ms: 0, ..world.settings.clone() });
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "too_long", true);
    patcher.stop().await;
}

#[tokio::test]
async fn a_candidate_is_made_on_the_newest_head() {
    let world = World::new();
    let patcher = world.start();
    let first = world.admitted(&patcher).await;
    let head = world.developer(&[("app.py", Some("# another\n"), 0o100_644)]);
    let second = world.admitted(&patcher).await;
    assert_eq!(second.base, head);
    assert_ne!(first.digest, second.digest);
    patcher.stop().await;
}

#[tokio::test]
async fn an_old_epoch_or_a_lower_fence_proposes_nothing() {
    let mut world = World::new();
    let patcher = world.start();
    world.admitted(&patcher).await;
    world.authority.fence.0 -= 1;
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "fence_stale", false);
    world.authority.fence.0 += 5;
    world.authority.epoch = Epoch(2);
    failed(patcher.ask::<ProposeOutcome>(&world.propose(cure())).await, "epoch_stale", false);
    patcher.stop().await;
}
