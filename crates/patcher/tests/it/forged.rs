//! Proposals that nobody admitted, or that are not what they say: nothing is pushed.

use crate::world::{Running, World, code, refused};
use git2::{Diff, Oid, Repository};
use wire::proposal::{PatchTask, Proposal, Push};
use wire::{Digest, TreeId};

const FILE: &str = "faults/greet.py";

/// A proposal with another diff and everything else in order.
fn with_diff(world: &World, proposal: &Proposal, diff: String) -> Proposal {
    let repository = Repository::open_bare(&world.tiny.remote).expect("the remote");
    let base = repository.find_commit(Oid::from_str(proposal.base.as_str()).unwrap()).unwrap().tree().unwrap();
    let tree = Diff::from_buffer(diff.as_bytes())
        .and_then(|diff| repository.apply_to_tree(&base, &diff, None))
        .and_then(|mut index| index.write_tree_to(&repository))
        .map_or_else(|_| proposal.tree.clone(), |tree| tree.to_string().parse::<TreeId>().expect("a tree id"));
    let digest = Proposal::digest_of(&proposal.target, &code(), &proposal.base, &diff);
    Proposal { digest, diff, tree, ..proposal.clone() }
}

async fn nothing_is_pushed(world: &World, patcher: &Running, proposal: &Proposal, code: &str) {
    let refusal = refused(patcher.ask(&world.push(proposal)).await, code);
    assert!(!refusal.why.is_empty());
    assert_eq!(world.log().len(), 1, "{code}: {:?}", world.log());
}

#[tokio::test]
async fn a_tampered_diff_or_digest_is_found_out() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let diff = proposal.diff.replace("str(value)", "repr(value)");
    let tampered = Proposal { diff, ..proposal.clone() };
    nothing_is_pushed(&world, &patcher, &tampered, "digest_mismatch").await;
    let tampered = Proposal { digest: Digest::of("x"), ..proposal.clone() };
    nothing_is_pushed(&world, &patcher, &tampered, "digest_mismatch").await;
    let PatchTask::Push(push) = world.push(&proposal) else { unreachable!() };
    let other = PatchTask::Push(Push { code: "ANOTHER_FAULT".parse().expect("a code"), ..push });
    refused(patcher.ask(&other).await, "digest_mismatch");
    let diff = proposal.diff.replace("str(value)", "repr(value)");
    nothing_is_pushed(&world, &patcher, &with_diff(&world, &proposal, diff), "not_admitted").await;
    patcher.stop().await;
}

#[tokio::test]
async fn what_was_never_admitted_or_refused_is_not_pushed() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    world.verifier.script().verdicts.clear();
    nothing_is_pushed(&world, &patcher, &proposal, "not_admitted").await;
    let change = |change: fn(&mut wire::verification::Verdict)| {
        world.verifier.admit_anyway(&proposal);
        change(world.verifier.script().verdicts.get_mut(&proposal.digest).expect("a verdict"));
    };
    change(|verdict| verdict.admitted = false);
    nothing_is_pushed(&world, &patcher, &proposal, "not_admitted").await;
    change(|verdict| verdict.gates.clear());
    nothing_is_pushed(&world, &patcher, &proposal, "not_admitted").await;
    change(|verdict| verdict.gates[1].passed = false);
    nothing_is_pushed(&world, &patcher, &proposal, "not_admitted").await;
    change(|verdict| verdict.tree = None);
    nothing_is_pushed(&world, &patcher, &proposal, "not_admitted").await;
    change(|verdict| verdict.artefact = Some(Digest::of("another")));
    nothing_is_pushed(&world, &patcher, &proposal, "not_admitted").await;
    patcher.stop().await;
}

#[tokio::test]
async fn even_an_admitted_diff_touches_only_listed_regular_files() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let head = |path: &str| format!("diff --git a/{path} b/{path}\n");
    let new = |path: &str, mode: &str, line: &str| {
        let id = "0".repeat(40);
        let path_of = head(path);
        format!(
            "{path_of}new file mode {mode}\nindex {id}..{id}\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{line}\n"
        )
    };
    let diffs = [
        world.tiny.outside_diff(),
        proposal.diff.clone() + &world.tiny.outside_diff(),
        format!("{}old mode 100644\nnew mode 100755\n", head(FILE)),
        new("added.py", "100644", "import os"),
        new(".github/workflows/x.yml", "100644", "on: push"),
        new("link", "120000", "/etc/passwd"),
        removal(&world),
        format!("{}similarity index 100%\nrename from {FILE}\nrename to moved.py\n", head(FILE)),
    ];
    for diff in diffs {
        let forged = with_diff(&world, &proposal, diff);
        world.verifier.admit_anyway(&forged);
        let outcome = patcher.ask(&world.push(&forged)).await;
        let Ok(wire::proposal::PushOutcome::Refused(refusal)) = outcome else {
            panic!("{outcome:?} of {}", forged.diff)
        };
        let codes = ["outside_scope", "does_not_apply", "no_match"];
        assert!(codes.contains(&refusal.code.as_str()), "{refusal:?} of {}", forged.diff);
        assert_eq!(world.log().len(), 1, "pushed: {}", forged.diff);
    }
    patcher.stop().await;
}

/// The diff that deletes the fault file.
fn removal(world: &World) -> String {
    let text = world.file(FILE);
    let lines: String = text.lines().map(|line| format!("-{line}\n")).collect();
    let count = text.lines().count();
    let head = format!("diff --git a/{FILE} b/{FILE}\ndeleted file mode 100644\n--- a/{FILE}\n+++ /dev/null\n");
    format!("{head}@@ -1,{count} +0,0 @@\n{lines}")
}

#[tokio::test]
async fn a_diff_that_leaves_the_repository_or_is_none_is_refused() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let evil = |path: &str| {
        let line = "diff --git a/PATH b/PATH\nnew file mode 100644\n--- /dev/null\n+++ b/PATH\n@@ -0,0 +1 @@\n+x\n";
        line.replace("PATH", path)
    };
    let diffs = [evil("../evil"), evil("/etc/evil"), evil(".git/hooks/pre-push"), "not a diff".into(), String::new()];
    for diff in diffs {
        let forged = with_diff(&world, &proposal, diff);
        world.verifier.admit_anyway(&forged);
        let outcome = patcher.ask(&world.push(&forged)).await;
        let refused = matches!(&outcome, Ok(wire::proposal::PushOutcome::Refused(_)));
        assert!(refused, "{outcome:?} of {}", forged.diff);
        assert_eq!(world.log().len(), 1);
    }
    patcher.stop().await;
}

#[tokio::test]
async fn a_tree_that_is_not_the_diffs_is_refused() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let forged = Proposal { tree: "e".repeat(40).parse().expect("a tree id"), ..proposal };
    world.verifier.admit_anyway(&forged);
    nothing_is_pushed(&world, &patcher, &forged, "tree_mismatch").await;
    patcher.stop().await;
}
