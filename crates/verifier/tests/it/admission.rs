//! What is admitted, and what is refused at which gate.

use crate::world::{World, assert_admitted, assert_refused};
use wire::Service;
use wire::span::{Span, SpanKind};
use wire::verification::{Admit, VerifyTask};

#[tokio::test]
async fn the_right_cure_is_admitted_with_evidence_from_the_server_s_side() {
    let world = World::start().await;
    let verdict = world.admit("good", &world.tiny.good_diff()).await;
    assert_admitted(&verdict);
    let replay = &verdict.gates[2].evidence["replay"];
    assert_eq!(replay["judgement"], "met");
    assert_eq!(replay["witnesses"][0]["seen"], 1);
    let id = replay["replay"].as_str().expect("the replay's id");
    assert_eq!(world.tiny.upstream.calls(id), 1, "the witness saw this very replay");
    // That it waited while the base was built is told beside it, if it did.
    let named =
        |span: &Span| !["without", "healthy traffic", "another build"].iter().any(|other| span.name.contains(other));
    let of_candidate = verdict.spans.iter().filter(|span| named(span));
    let kinds: Vec<SpanKind> = of_candidate.map(|span| span.kind).collect();
    use SpanKind::{Build, Health, Replay, Test};
    assert_eq!(kinds, [Build, Test, Health, Replay, Replay, Build]);
    let replays = verdict.spans.iter().filter(|span| span.kind == SpanKind::Replay).count();
    assert_eq!(replays, 6, "the candidate twice and the base against the contract, and one and two on healthy traffic");
    assert!(verdict.gates[1].evidence["warning"].is_null());
    let commit = world.push(&world.tiny.good_diff());
    let built = world.build("of-pushed", commit).await.expect("it is built");
    assert_eq!(verdict.tree.as_ref(), Some(&built.tree), "the tree that was verified is the one that is pushed");
    assert_eq!(verdict.artefact.as_ref(), Some(&built.artefact), "what was verified is what runs");
    assert!(built.spans.is_empty(), "it is not built twice");
}

#[tokio::test]
async fn a_constant_answer_has_no_witness() {
    let world = World::start().await;
    assert_refused(&world.admit("sly", &world.tiny.sly_diff()).await, &["ok", "ok", "no_witness"]);
    assert_refused(&world.admit("constant", &world.tiny.constant_diff()).await, &["constant_answer"]);
}

#[tokio::test]
async fn who_is_well_the_first_time_only_or_for_replays_only_is_found_out() {
    let world = World::start().await;
    let first = "LAST = []\n\n\ndef greet(fetch):\n    if not LAST:\n        \
                 LAST.append({\"greeting\": \"value \" + str(fetch(\"/data\")[\"value\"])})\n    return LAST[0]\n";
    assert_refused(&world.admit("first", &world.tiny.diff_to(first)).await, &["ok", "ok", "no_witness"]);
    let replays = "def greet(fetch):\n    value = fetch(\"/data\")[\"value\"]\n    \
                   replay = [cell.cell_contents for cell in fetch.__closure__ or ()]\n    \
                   return {\"greeting\": \"value \" + (str(value) if replay != [None] else value)}\n";
    let verdict = world.admit("replays", &world.tiny.diff_to(replays)).await;
    assert_refused(&verdict, &["ok", "ok", "contract_broken"]);
    assert!(verdict.gates[2].why.contains("as a user asks"), "{}", verdict.gates[2].why);
}

#[tokio::test]
async fn a_patch_that_cures_nothing_has_broken_its_contract() {
    let world = World::start().await;
    let faulty = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
    let verdict = world.admit("nothing", &world.tiny.diff_to(&format!("{faulty}\n\nNOTHING = 1\n"))).await;
    assert_refused(&verdict, &["ok", "ok", "contract_broken"]);
    let evidence = verdict.gates[2].evidence.to_string();
    assert!(evidence.contains("TINY_GREETING_BROKEN"), "the candidate's own words are evidence: {evidence}");
}

#[tokio::test]
async fn what_lies_outside_the_scope_is_refused_before_anything_is_built() {
    let world = World::start().await;
    let (good, tiny) = (world.tiny.good_diff(), &world.tiny);
    let hostile = "def greet(fetch):\n    import os\n    return {\"greeting\": \"value \" + os.environ[\"X\"]}\n";
    let added = testkit::repository::diff(&tiny.remote, "faults/other.py", "X = 1\n");
    let cases = [
        ("broken", tiny.broken_diff(), "does_not_parse"),
        ("outside", tiny.outside_diff(), "outside_scope"),
        ("forbidden", tiny.diff_to(hostile), "forbidden_construct"),
        ("emptied", tiny.diff_to(""), "emptied"),
        ("added", added, "outside_scope"),
        ("tests", testkit::repository::diff(&tiny.remote, "test_app.py", "\n"), "outside_scope"),
        ("large", tiny.diff_to(&format!("# {}\n", "x".repeat(5000))), "too_large"),
        ("no-diff", "nothing like a diff".to_owned(), "does_not_apply"),
        ("other-base", good.replace("value = fetch", "valve = fetch"), "does_not_apply"),
        ("mode", good.replace("index ", "old mode 100644\nnew mode 100755\nindex "), "outside_scope"),
        ("escape", good.replace("faults/greet.py", "../greet.py"), "does_not_apply"),
        ("no-text", String::new(), "empty"),
    ];
    for (key, diff, wanted) in cases {
        let verdict = world.admit(key, &diff).await;
        assert_eq!(verdict.gates[0].code, wanted, "{key}: {}", verdict.gates[0].why);
        assert_refused(&verdict, &[wanted]);
        assert!(verdict.spans.is_empty(), "{key}: nothing was run");
    }
}

#[tokio::test]
async fn without_a_contract_or_the_permission_to_replay_nothing_is_admitted() {
    let world = World::of(|target| target.replace("\"live\"", "\"never\""), |_| {}).await;
    let good = world.tiny.good_diff();
    assert_refused(&world.admit("never", &good).await, &["ok", "ok", "unverified"]);
    let VerifyTask::Admit(task) = world.admission(&good).0 else { unreachable!() };
    let other = VerifyTask::Admit(Admit { code: "OTHER".parse().expect("a code"), ..task });
    let verdict = world.ask(Service::Patcher, "no-contract", &other).await.expect("a verdict");
    assert_refused(&verdict, &["ok", "ok", "unverified"]);
}

#[tokio::test]
async fn a_witness_that_cannot_be_asked_is_no_success() {
    let closed = "http://127.0.0.1:1";
    let mute = |target: String| {
        let at = target.find("url = \"http://127.0.0.1").expect("the witness");
        let (before, witness) = target.split_at(at);
        let rest = witness.split_once("/calls").expect("its path").1;
        format!("{before}url = \"{closed}/calls{rest}")
    };
    let world = World::of(mute, |_| {}).await;
    assert_refused(&world.admit("mute", &world.tiny.good_diff()).await, &["ok", "ok", "unverified"]);
}

#[tokio::test]
async fn what_takes_too_long_is_killed_and_refused() {
    let slow = |target: String| {
        target.replace(
            "\"-m\", \"unittest\", \"-q\", \"test_app\"]\ntimeout_ms = 20000",
            "\"-c\", \"import time; print('OK', flush=True); time.sleep(60)\"]\ntimeout_ms = 400",
        )
    };
    let world = World::of(slow, |_| {}).await;
    let verdict = world.admit("slow-tests", &world.tiny.good_diff()).await;
    assert_refused(&verdict, &["ok", "timed_out"]);
    assert!(verdict.gates[1].evidence["test"]["stdout"].as_str().is_some_and(|output| output.contains("OK")));
    let slow = |target: String| {
        target
            .replace(
                "\"-m\", \"py_compile\", \"app.py\", \"faults/greet.py\"]",
                "\"-c\", \"import time; time.sleep(60)\"]",
            )
            .replacen("timeout_ms = 20000", "timeout_ms = 400", 1)
    };
    let world = World::of(slow, |_| {}).await;
    assert_refused(&world.admit("slow-build", &world.tiny.good_diff()).await, &["ok", "timed_out"]);
}

#[tokio::test]
async fn a_candidate_that_never_becomes_healthy_has_broken_its_contract() {
    let ill = |target: String| {
        target.replace("path = \"/healthz\", timeout_ms = 10000", "path = \"/nowhere\", timeout_ms = 500")
    };
    let world = World::of(ill, |_| {}).await;
    assert_refused(&world.admit("ill", &world.tiny.good_diff()).await, &["ok", "ok", "contract_broken"]);
    let dead = |target: String| {
        target.replace(
            "[\"/usr/bin/python3\", \"{artefact}/app.py\"]",
            "[\"/usr/bin/python3\", \"-c\", \"print('words of the dying'); raise SystemExit(3)\"]",
        )
    };
    let world = World::of(dead, |_| {}).await;
    let verdict = world.admit("dead", &world.tiny.good_diff()).await;
    assert_refused(&verdict, &["ok", "ok", "contract_broken"]);
    assert!(verdict.gates[2].evidence.to_string().contains("words of the dying"), "{:#?}", verdict.gates[2]);
}

#[tokio::test]
async fn a_verdict_outlives_a_restart_and_is_not_reached_twice() {
    let mut world = World::start().await;
    let good = world.tiny.good_diff();
    let first = world.admit("good", &good).await;
    assert_admitted(&first);
    let refused = world.admit("broken", &world.tiny.broken_diff()).await;
    world.restart().await;
    let client = world.client(Service::Patcher);
    for verdict in [&first, &refused] {
        let kept = client.verdict(&verdict.proposal).await.expect("an answer");
        assert_eq!(kept.as_ref(), Some(verdict));
    }
    let again = world.admit("good", &good).await;
    assert_eq!(again, first, "the same key finds what an earlier life did");
    assert_eq!(world.admit("other-key", &good).await, first);
    std::fs::remove_dir_all(world.artefact(first.artefact.as_ref().expect("an artefact"))).expect("it was there");
    let anew = world.admit("without-artefact", &good).await;
    assert_admitted(&anew);
    assert!(anew.spans.iter().any(|span| span.kind == SpanKind::Build), "a lost artefact is built anew");
}
