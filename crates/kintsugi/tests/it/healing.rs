//! `reset`, `pause`, `resume`, `status`.

use crate::home::Home;
use serde_json::{Value, json};

fn reset(problem: Option<Value>) -> Value {
    let complete = problem.is_none();
    json!({
        "epoch": 2, "reset_at": "2026-01-01T00:00:00Z", "archived": 3, "leases_revoked": 1, "paused": true,
        "complete": complete, "code_reset": [{ "target": "patient", "problem": problem }],
    })
}

#[test]
fn a_reset_says_what_happened_to_everything() {
    let ended = Home::always(200, reset(None)).run(&["reset"]);
    assert_eq!(ended.code, 0);
    insta::assert_snapshot!(ended.out, @r"
    epoch 2 began: 3 incident(s) archived, 1 lease(s) revoked; healing is paused until `kintsugi resume`
    patient: nothing to restore
    ");
}

#[test]
fn a_partial_reset_ends_with_1_and_names_what_was_not_restored() {
    let problem = json!({ "code": "remote", "message": "the remote is away", "request_id": "r" });
    let home = Home::always(200, reset(Some(problem)));
    let ended = home.run(&["reset"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("patient: the original files were NOT restored"), "{ended:?}");
    let ended = home.run(&["reset", "--output", "json"]);
    assert_eq!((ended.code, &ended.json()["complete"]), (1, &json!(false)));
}

#[test]
fn pause_and_resume_tell_the_state() {
    let ended = Home::always(200, json!({ "epoch": 1, "paused": true })).run(&["pause"]);
    assert!(ended.out.contains("healing is paused"), "{ended:?}");
    let ended = Home::always(200, json!({ "epoch": 1, "paused": false })).run(&["resume", "--output", "json"]);
    assert_eq!(ended.json(), json!({ "epoch": 1, "paused": false }));
}

fn stack(ready: u16) -> Home {
    let live = json!({
        "target": "patient", "commit": "c".repeat(40), "tree": "d".repeat(40), "artefact": wire::Digest::of("a"),
        "colour": "blue", "port": 1, "pid": 1, "since": "2026-01-01T00:00:00Z", "rollouts": 4,
    });
    Home::of(move |asked| match asked.path.as_str() {
        "/readyz" | "/-/healthz" => (ready, json!({ "ok": true })),
        path if path.contains("/rollouts/") => (200, live.clone()),
        path if path.contains("/state") => (200, json!({ "epoch": 3, "paused": false })),
        _ => (200, json!({ "incidents": [] })),
    })
}

#[test]
fn a_status_tells_services_healing_and_live_versions() {
    let home = stack(200);
    let ended = home.run(&["status"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("healing: on; epoch 3; 0 open incident(s)"), "{ended:?}");
    assert!(ended.out.contains(&format!("patient: live at {} (4 roll-outs)", "c".repeat(40))), "{ended:?}");
    let told = home.run(&["status", "--output", "json"]).json();
    let members: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(members, ["front", "healing", "ok", "open_incidents", "pid", "services", "targets"]);
}

#[test]
fn a_process_beside_a_target_that_is_away_is_told_like_a_service() {
    let home = Home::of(|asked| match asked.path.as_str() {
        "/healthz" => (500, json!({})),
        path if path.contains("/state") => (200, json!({ "epoch": 3, "paused": false })),
        _ => (200, json!({ "incidents": [] })),
    });
    let told = home.run(&["status", "--output", "json"]);
    assert_eq!((told.code, &told.json()["services"]["beside"]["ready"]), (1, &json!(false)));
    assert_eq!(told.json()["services"]["healer"]["ready"], json!(true));
}

#[test]
fn a_service_that_is_not_ready_makes_the_status_end_with_1() {
    let ended = stack(503).run(&["status"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("/readyz answers 503"), "{ended:?}");
}
