//! Builds: once a tree, warm, and not to be poisoned.

use crate::world::{World, assert_admitted, codes};
use std::time::Duration;
use testkit::tiny::Tiny;
use wire::Service;
use wire::artefact::{MANIFEST, Manifest};
use wire::span::SpanKind;

/// Runs the patched file as a part of the build, and lists what it finds in the warm folder.
fn warm_target(target: String) -> String {
    let build = "[\"/bin/sh\", \"-c\", \"ls cache > listing; touch cache/built; /usr/bin/python3 faults/greet.py\"]";
    target
        .replace("[\"/usr/bin/python3\", \"-m\", \"py_compile\", \"app.py\", \"faults/greet.py\"]", build)
        .replace("outputs = [", "warm = [\"cache\"]\noutputs = [{ from = \"listing\", to = \"listing\" }, ")
        .lines()
        .map(|line| if line.starts_with("forbidden") { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

fn poisoning(tiny: &Tiny) -> String {
    let faulty = testkit::repository::read(&tiny.remote, "faults/greet.py");
    let cured = faulty.replace("\"value \" + value", "\"value \" + str(value)");
    let attack = "\n\nif __name__ == \"__main__\":\n    for path in [\"cache/poison\", \"cache/built\", \"app.py\", \"/src/cache/x\"]:\n        open(path, \"w\").write(\"poison\")\n    for path in [\"/usr/x\", \"/etc/x\", \"/run/kintsugi/verifier\"]:\n        try:\n            open(path, \"w\").write(\"poison\")\n            raise SystemExit(path)\n        except OSError as error:\n            print(error)\n";
    tiny.diff_to(&format!("{cured}{attack}"))
}

#[tokio::test]
async fn a_candidate_works_on_a_warm_folder_that_it_cannot_poison() {
    let world = World::of(warm_target, |_| {}).await;
    let base = world.build("base", world.tiny.head()).await.expect("it is built");
    let listing = |digest| std::fs::read_to_string(world.artefact(digest).join("listing")).expect("a listing");
    assert_eq!(listing(&base.artefact), "");
    let warm = world.settings.work.join("tiny/warm/cache");
    let poisoned = world.admit("poison", &poisoning(&world.tiny)).await;
    assert_eq!(codes(&poisoned)[..2], ["ok", "ok"], "{:#?}", poisoned.gates);
    assert!(poisoned.gates[2].evidence.to_string().contains("Error") || !poisoned.admitted);
    let names = |folder: &std::path::Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(&warm), ["built"], "the candidate's writes are gone");
    assert_eq!(std::fs::read_to_string(warm.join("built")).expect("the mark"), "");
    let source = std::fs::read_to_string(world.settings.work.join("tiny/source/app.py")).expect("the source");
    assert!(source.contains("TINY_GREETING_BROKEN"), "the source folder is as the branch has it");
    let next = world.admit("next", &world.tiny.good_diff()).await;
    assert_admitted(&next);
    assert_eq!(listing(next.artefact.as_ref().expect("an artefact")), "built\n", "warm, and clean");
}

#[tokio::test]
async fn the_same_tree_is_built_once_also_over_a_restart() {
    let mut world = World::start().await;
    let head = world.tiny.head();
    let first = world.build("one", head.clone()).await.expect("it is built");
    assert_eq!(first.spans.iter().map(|span| span.kind).collect::<Vec<_>>(), [SpanKind::Build]);
    world.restart().await;
    let second = world.build("two", head).await.expect("it is known");
    assert_eq!((&second.tree, &second.artefact), (&first.tree, &first.artefact));
    assert!(second.spans.is_empty());
    let manifest = std::fs::read(world.artefact(&first.artefact).join(MANIFEST)).expect("a manifest");
    let manifest: Manifest = serde_json::from_slice(&manifest).expect("its form");
    assert_eq!(manifest.digest(), first.artefact);
    assert!(manifest.files.iter().any(|file| file.path == "app.py"));
}

#[tokio::test]
async fn a_tree_that_is_known_passes_the_gates_again_with_the_same_artefact() {
    let world = World::start().await;
    let (good, faulty) = (world.tiny.good_diff(), testkit::repository::read(&world.tiny.remote, "faults/greet.py"));
    let first = world.admit("first", &good).await;
    assert_admitted(&first);
    world.push(&good);
    world.push(&world.tiny.diff_to(&faulty));
    let second = world.admit("second", &world.tiny.good_diff()).await;
    assert_admitted(&second);
    assert_ne!(second.proposal, first.proposal, "another base, another proposal");
    assert_eq!((&second.tree, &second.artefact), (&first.tree, &first.artefact));
    let kinds: Vec<SpanKind> = second.spans.iter().map(|span| span.kind).collect();
    let (health, replay) = (SpanKind::Health, SpanKind::Replay);
    let wanted = [SpanKind::Test, health, replay, replay, health, replay];
    assert_eq!(kinds, wanted, "nothing is built, and the base, which is known, is not asked again");
}

#[tokio::test]
async fn a_commit_that_does_not_build_or_exist_is_a_failure_that_says_why() {
    let world = World::start().await;
    let broken = world.push(&world.tiny.broken_diff());
    let failure = world.build("broken", broken).await.expect_err("no artefact");
    let problem = failure.problem();
    assert_eq!(problem.code, "build_failed", "{problem}");
    assert!(problem.message.contains("SyntaxError"), "{problem}");
    let nowhere = "0123456789012345678901234567890123456789".parse().expect("a commit id");
    assert_eq!(world.build("nowhere", nowhere).await.expect_err("no commit").problem().code, "unknown_commit");
    std::fs::rename(&world.tiny.remote, world.folder.path().join("away")).expect("it was there");
    let nowhere = "1123456789012345678901234567890123456789".parse().expect("a commit id");
    let failure = world.build("away", nowhere).await.expect_err("no remote");
    assert_eq!((failure.problem().code.as_str(), failure.may_pass()), ("unavailable", true));
}

#[tokio::test]
async fn each_target_is_warmed_at_the_start() {
    let mut world = World::of(warm_target, |settings| settings.warm_at_start = true).await;
    let mark = world.settings.work.join("tiny/warm.tree");
    testkit::eventually("the warm folder", Duration::from_secs(30), async || mark.exists().then_some(())).await;
    let built = world.build("head", world.tiny.head()).await.expect("it is known");
    assert!(built.spans.is_empty(), "the start has built it");
    world.restart().await;
    assert_admitted(&world.admit("good", &world.tiny.good_diff()).await);
}

#[tokio::test]
async fn without_a_sandbox_nothing_runs_and_the_problem_says_how_to_get_one() {
    let world = World::of(|target| target, |settings| settings.sandbox_program = "/usr/bin/false".into()).await;
    let (task, _) = world.admission(&world.tiny.good_diff());
    let refused = world.ask::<serde_json::Value>(Service::Patcher, "good", &task).await.expect_err("no sandbox");
    let problem = refused.problem();
    assert_eq!(problem.code, "sandbox_unavailable");
    assert!(problem.message.contains("bubblewrap") && problem.message.contains("allow_unsandboxed"), "{problem}");
}

#[tokio::test]
async fn plain_processes_are_used_only_when_it_is_said_and_the_evidence_tells() {
    let world = World::of(warm_target, |settings| settings.allow_unsandboxed = true).await;
    let verdict = world.admit("good", &world.tiny.good_diff()).await;
    assert_admitted(&verdict);
    let warning = verdict.gates[1].evidence["warning"].as_str().expect("a warning");
    assert!(warning.contains("without a sandbox"), "{warning}");
    let sly = world.admit("sly", &world.tiny.sly_diff()).await;
    assert_eq!(codes(&sly), ["ok", "ok", "no_witness"]);
}
