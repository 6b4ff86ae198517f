//! Health, error bodies, and a database that is not there.

use crate::harness::{NOBODY, Running};

/// Below `/test-fault/`.
const ROUTES: [&str; 8] = ["run", "external-api", "db-timeout", "pool", "memory", "session", "retry-storm", "queue"];

#[test]
fn it_is_healthy_without_a_database() {
    let app = Running::start(NOBODY, &[("APP_VERSION", "v7")]);
    let answer = app.send("GET /healthz");
    assert_eq!((answer.status, &answer.json()["version"]), (200, &"v7".into()), "{answer:?}");
    assert_eq!(app.send("GET /").status, 200);
}

#[test]
fn what_does_not_exist_is_answered_with_a_problem() {
    let app = Running::start(NOBODY, &[]);
    app.send("GET /nowhere").is_problem(404, "not_found");
    app.send("POST /test-fault/other").is_problem(404, "not_found");
    for name in ROUTES {
        app.send(&format!("GET /test-fault/{name}")).is_problem(405, "method_not_allowed");
    }
    app.send("POST /test-fault/state").is_problem(405, "method_not_allowed");
    app.send("GET /test-fault/assets/other.js").is_problem(404, "not_found");
    app.send("DELETE /healthz").is_problem(405, "method_not_allowed");
}

#[test]
fn a_request_id_is_kept_and_a_strange_one_replaced() {
    let app = Running::start(NOBODY, &[]);
    let kept = app.send("GET /nowhere\nx-request-id: abc-123");
    assert_eq!(kept.json()["request_id"], "abc-123");
    let replaced = app.send("GET /nowhere\nx-request-id: a\"b");
    assert_eq!(replaced.json()["request_id"].as_str().unwrap().len(), 32);
}

#[test]
fn an_unreachable_database_is_an_error_of_its_own_and_not_the_fault() {
    let app = Running::start(NOBODY, &[]);
    app.send("POST /test-fault/run\nx-request-id: r1").is_problem(503, "database_unreachable");
    let (_, line) = app.line("request_id", "r1");
    assert_eq!((&line["level"], &line["reason"]), (&"error".into(), &"database_unreachable".into()), "{line}");
    assert!(line.get("marker").is_none() && line.get("event_id").is_none(), "{line}");
}

#[test]
fn a_replay_id_that_is_none_is_refused() {
    let app = Running::start(NOBODY, &[]);
    for id in ["", "a b", "x'; --", "é", &"k".repeat(49)] {
        for name in ROUTES {
            let request = format!("POST /test-fault/{name}\nx-kintsugi-replay: {id}");
            app.send(&request).is_problem(400, "bad_request");
        }
    }
}

#[test]
fn a_page_elsewhere_starts_no_fault() {
    let app = Running::start(NOBODY, &[]);
    app.send("POST /test-fault/run\nsec-fetch-site: cross-site").is_problem(400, "bad_request");
    app.send("POST /test-fault/run\nsec-fetch-site: same-origin").is_problem(503, "database_unreachable");
}
