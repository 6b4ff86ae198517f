//! Each check by what only it catches: refused with it, and admitted without it.

use crate::world::{World, assert_admitted, assert_refused, codes};
use verifier::gates::Checks;
use wire::Service;
use wire::traffic::Recorded;
use wire::verification::{Admit, Verdict, VerifyTask};

const HEAD: &str =
    "\"\"\"Makes the greeting. The upstream's value is a number, and that is what is forgotten here.\"\"\"\n\n\n";

async fn without(name: &str) -> World {
    World::with(Checks::all().without(name)).await
}

/// Refused with all checks, with this code; admitted without the one.
async fn only(name: &str, code: &str, cheat: impl Fn(&World) -> String) {
    let world = World::start().await;
    let refused = world.admit("refused", &cheat(&world)).await;
    let last = refused.gates.last().expect("a gate");
    assert_eq!((last.code.as_str(), last.passed, refused.admitted), (code, false, false), "{name}: {}", last.why);
    drop(world);
    let world = without(name).await;
    let admitted = world.admit("admitted", &cheat(&world)).await;
    assert!(admitted.admitted, "without {name} nobody finds out: {:#?}", admitted.gates);
}

#[tokio::test]
async fn only_the_allow_list_keeps_other_files_out() {
    only("allow_list", "outside_scope", |world| {
        let app = testkit::repository::read(&world.tiny.remote, "app.py");
        let cured = app.replace(
            "greet.greet(fetcher(replay))",
            "{\"greeting\": \"value \" + str(fetcher(replay)(\"/data\")[\"value\"])}",
        );
        assert_ne!(app, cured);
        testkit::repository::diff(&world.tiny.remote, "app.py", &cured)
    })
    .await;
}

#[tokio::test]
async fn only_the_size_keeps_long_diffs_out() {
    only("size", "too_large", |world| {
        let faulty = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
        let good = faulty.replace("\"value \" + value", "\"value \" + str(value)");
        world.tiny.diff_to(&format!("{good}# {}\n", "x".repeat(5_000)))
    })
    .await;
}

#[tokio::test]
async fn only_the_forbidden_constructs_keep_another_way_to_the_machine_out() {
    only("forbidden", "forbidden_construct", |world| {
        world.tiny.diff_to(&format!(
            "{HEAD}import os\n\n\ndef greet(fetch):\n    os.getpid()\n    return {{\"greeting\": \"value \" + str(fetch(\"/data\")[\"value\"])}}\n"
        ))
    })
    .await;
}

#[tokio::test]
async fn only_the_target_s_own_tests_find_a_second_call() {
    only("tests", "tests_failed", |world| {
        world.tiny.diff_to(&format!(
            "{HEAD}def greet(fetch):\n    fetch(\"/data\")\n    return {{\"greeting\": \"value \" + str(fetch(\"/data\")[\"value\"])}}\n"
        ))
    })
    .await;
}

#[tokio::test]
async fn only_the_replay_finds_that_nothing_is_cured() {
    only("replay", "contract_broken", |world| {
        let faulty = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
        world.tiny.diff_to(&format!("{faulty}\n\nNOTHING = 1\n"))
    })
    .await;
}

#[tokio::test]
async fn only_the_witness_finds_a_constant_that_hides() {
    only("witness", "no_witness", |world| world.tiny.sly_diff()).await;
}

#[tokio::test]
async fn only_the_healthy_traffic_finds_that_another_route_was_changed() {
    let cheat = |world: &World| {
        let faulty = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
        let good = faulty.replace("\"value \" + value", "\"value \" + str(value)");
        world.tiny.diff_to(&format!("{good}\n\nWORDS = []\n"))
    };
    let world = World::start().await;
    let verdict = world.admit("words", &cheat(&world)).await;
    assert_refused(&verdict, &["ok", "ok", "ok", "healthy_changed"]);
    let (why, evidence) = (&verdict.gates[3].why, &verdict.gates[3].evidence);
    assert!(why.starts_with("GET /words was fine and is answered otherwise: /words"), "{why}");
    assert_eq!(evidence["compared"].as_array().map(Vec::len), Some(3), "{evidence}");
    only("healthy", "healthy_changed", cheat).await;
}

#[tokio::test]
async fn only_causality_finds_a_cure_of_what_was_not_ill() {
    let on_healthy = |world: &World| {
        world.push(&world.tiny.good_diff());
        let cured = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
        world.tiny.diff_to(&cured.replace("str(value)", "str(value + 0)").replace("value + 0", "(value)"))
    };
    let world = World::start().await;
    let diff = on_healthy(&world);
    assert_refused(&world.admit("not-ill", &diff).await, &["ok", "ok", "ok", "ok", "not_causal"]);
    let world = without("causal").await;
    let diff = on_healthy(&world);
    assert_admitted(&world.admit("not-ill", &diff).await);
}

#[tokio::test]
async fn only_anti_weakening_finds_an_error_that_is_swallowed_after_three_attempts() {
    let cheat = |world: &World| {
        world.tiny.diff_to(&format!(
            "{HEAD}def greet(fetch):\n    try:\n        value = fetch(\"/data\")[\"value\"]\n    except ValueError:\n        value = 42\n    \
             return {{\"greeting\": \"value \" + str(value)}}\n"
        ))
    };
    only("errors_heard", "error_swallowed", cheat).await;
}

#[tokio::test]
async fn only_anti_weakening_finds_a_sleep_that_is_added() {
    only("waits_bounded", "unbounded_wait", |world| {
        let sleep = "fetch.__globals__[\"time\"].sleep(0.01)";
        world.tiny.diff_to(&format!(
            "{HEAD}def greet(fetch):\n    value = fetch(\"/data\")[\"value\"]\n    if value == 42:\n        {sleep}\n    \
             return {{\"greeting\": \"value \" + str(value)}}\n"
        ))
    })
    .await;
}

#[tokio::test]
async fn nothing_to_compare_and_a_base_that_does_not_build_are_unverified() {
    let silent = |target: String| target.split_once("\n[healthy]").expect("the section").0.to_owned();
    let world = World::of(silent, |_| {}).await;
    assert_refused(&world.admit("silent", &world.tiny.good_diff()).await, &["ok", "ok", "ok", "unverified"]);
    let world = World::start().await;
    let good = testkit::repository::read(&world.tiny.remote, "faults/greet.py").replace("+ value", "+ str(value)");
    world.push(&world.tiny.broken_diff());
    assert_refused(&world.admit("broken-base", &world.tiny.diff_to(&good)).await, &["ok", "ok", "ok", "unverified"]);
}

#[tokio::test]
async fn what_was_recorded_is_asked_and_a_damaged_line_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = |path: &str, status: u16| -> String {
        let told = serde_json::json!({ "method": "GET", "path": path, "status": status, "at": "2026-01-01T00:00:00Z" });
        let recorded: Recorded = serde_json::from_value(told).expect("an exchange");
        serde_json::to_string(&recorded).expect("JSON")
    };
    let lines = [recorded("/words?page=2", 404), "{\"cut".into(), recorded("/greet", 200), recorded("/gone", 500)];
    std::fs::write(folder.path().join("tiny.jsonl"), lines.join("\n")).expect("the sample");
    let at = folder.path().display().to_string();
    let only_recorded = move |target: String| {
        let before = target.split_once("\n[healthy]").expect("the section").0.to_owned();
        format!("{before}\n[healthy]\nrecorded = \"{at}\"\n")
    };
    let world = World::of(only_recorded, |_| {}).await;
    let verdict = world.admit("good", &world.tiny.good_diff()).await;
    assert_admitted(&verdict);
    let evidence = &verdict.gates[3].evidence;
    let named = |list: &str| -> Vec<String> {
        let list = evidence[list].as_array().expect("a list");
        list.iter().map(|one| one["request"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(named("compared"), ["GET /words?page=2"]);
    assert_eq!(named("skipped"), ["line 2 of what was recorded", "GET /gone", "GET /greet"]);
}

async fn minimise(world: &World, key: &str, diff: &str) -> Verdict {
    let VerifyTask::Admit(task) = world.admission(diff).0 else { unreachable!() };
    let task = VerifyTask::Admit(Admit { minimise: true, ..task });
    world.ask(Service::Patcher, key, &task).await.expect("a verdict")
}

fn with_ballast(world: &World) -> String {
    let faulty = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
    let good = faulty.replace("\"value \" + value", "\"value \" + str(value)");
    world.tiny.diff_to(&good.replacen("\"\"\"Makes the greeting.", "BALLAST = 1\n\"\"\"Makes the greeting.", 1))
}

#[tokio::test]
async fn a_hunk_that_changes_nothing_is_dropped_and_the_rest_is_another_patch() {
    let world = World::start().await;
    let verdict = minimise(&world, "ballast", &with_ballast(&world)).await;
    assert_eq!(codes(&verdict), ["ok", "ok", "ok", "ok", "reducible"], "{:#?}", verdict.gates);
    assert_eq!(verdict.gates[4].evidence["hunks"], serde_json::json!({ "all": 2, "needless": [1] }));
    assert!(!verdict.admitted);
    let reduced = verdict.reduced.expect("the rest of the diff");
    assert!(!reduced.contains("BALLAST") && reduced.contains("str(value)"), "{reduced}");
    let again = minimise(&world, "reduced", &reduced).await;
    assert_admitted(&again);
    assert_eq!((again.gates[4].evidence["hunks"]["all"].as_u64(), again.reduced), (Some(1), None));
    assert_admitted(&world.admit("not-asked", &with_ballast(&world)).await);
    let world = without("minimal").await;
    assert_admitted(&minimise(&world, "nobody-looks", &with_ballast(&world)).await);
}

#[tokio::test]
async fn hunks_that_need_each_other_stay_and_too_many_are_refused() {
    let world = World::start().await;
    let two = format!(
        "{HEAD}def text(value):\n    return str(value)\n\n\n\ndef greet(fetch):\n    value = fetch(\"/data\")[\"value\"]\n    \
         return {{\"greeting\": \"value \" + text(value)}}\n"
    );
    let verdict = minimise(&world, "two", &world.tiny.diff_to(&two)).await;
    assert_admitted(&verdict);
    assert_eq!(verdict.gates[4].evidence["hunks"]["needless"], serde_json::json!([]));
    let lines: String = (0..60).map(|at| format!("LINE_{at} = {at}\n")).collect();
    world.push(
        &world
            .tiny
            .diff_to(&format!("{}\n\n{lines}", testkit::repository::read(&world.tiny.remote, "faults/greet.py"))),
    );
    let long = testkit::repository::read(&world.tiny.remote, "faults/greet.py");
    let many = (0..9).fold(long.replace("+ value", "+ str(value)"), |text, at| {
        text.replace(&format!("LINE_{} = ", at * 6), &format!("LINE_{} = 1 + ", at * 6))
    });
    let verdict = minimise(&world, "many", &world.tiny.diff_to(&many)).await;
    assert_refused(&verdict, &["ok", "ok", "ok", "ok", "too_many_hunks"]);
}
