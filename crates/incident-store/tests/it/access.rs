//! Every route: without a token, with a wrong one, with nonsense. Nothing gets a 5xx or hangs.

use crate::setup::start;
use reqwest::Method;
use std::time::{Duration, Instant};

/// Every caller that the test credentials know.
const CALLERS: [&str; 18] = [
    "operator",
    "approver",
    "ingest",
    "caller",
    "metrics",
    "nobody",
    "fault-app",
    "fault-router",
    "incident-store",
    "rag-gateway",
    "patcher",
    "verifier",
    "deployer",
    "healer",
    "front",
    "notifier",
    "warden",
    "kintsugi",
];
const ID: &str = "00000000-0000-7000-8000-000000000000";

struct Route {
    method: Method,
    path: String,
    allowed: &'static [&'static str],
    /// Whether it reads a body.
    body: bool,
}

fn routes() -> Vec<Route> {
    let post = |path: &str, allowed| Route { method: Method::POST, path: path.replace("ID", ID), allowed, body: true };
    let act = |path: &str, allowed| Route { method: Method::POST, path: path.into(), allowed, body: false };
    let get = |path: &str, allowed| Route { method: Method::GET, path: path.replace("ID", ID), allowed, body: false };
    const INGEST: &[&str] = &["ingest", "fault-app", "fault-router"];
    const HEALER: &[&str] = &["healer"];
    const READERS: &[&str] = &["operator", "kintsugi", "healer"];
    const FOLLOWERS: &[&str] = &["operator", "kintsugi", "healer", "notifier"];
    const OPERATORS: &[&str] = &["operator", "kintsugi"];
    const HANDERS: &[&str] = &["operator", "kintsugi", "caller"];
    const PEOPLE: &[&str] = &["operator", "approver", "kintsugi"];
    vec![
        post("/v1/detections", INGEST),
        get("/v1/incidents", READERS),
        get("/v1/incidents/ID", FOLLOWERS),
        get("/v1/incidents/ID/events", READERS),
        post("/v1/incidents/ID/events", HEALER),
        get("/v1/open-incidents", READERS),
        get("/v1/remedies/fault-app", READERS),
        post("/v1/operations", HANDERS),
        get("/v1/operations/ID", HANDERS),
        get("/v1/events", FOLLOWERS),
        post("/v1/leases", HEALER),
        post("/v1/leases/ID/renew", HEALER),
        post("/v1/leases/ID/release", HEALER),
        get("/developer/incidents/state", PEOPLE),
        get("/developer/incidents/api/healing", PEOPLE),
        get("/developer/incidents/api/data", PEOPLE),
        get("/developer/incidents/api/stream/stats", PEOPLE),
        get("/developer/incidents/api/incidents/ID", PEOPLE),
        post("/developer/incidents/api/incidents/ID/approve", PEOPLE),
        post("/developer/incidents/api/incidents/ID/reject", PEOPLE),
        post("/developer/incidents/api/incidents/ID/resolve", PEOPLE),
        post("/developer/incidents/api/incidents/ID/dismiss", PEOPLE),
        act("/developer/incidents/pause", OPERATORS),
        act("/developer/incidents/resume", OPERATORS),
        act("/developer/incidents/reset", OPERATORS),
        get("/metrics", &["operator", "kintsugi", "metrics"]),
    ]
}

#[tokio::test]
async fn every_route_knows_who_may_use_it() {
    let store = start().await;
    for Route { method, path, allowed, body } in routes() {
        let body = body.then(|| "{".to_owned());
        let (status, problem) = store.call(method.clone(), &path, "", body.clone()).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("unauthenticated")), "{method} {path}");
        let (status, _) = store.call(method.clone(), &path, "somebody-unknown", body.clone()).await;
        assert_eq!(status, 401, "{method} {path} with an unknown token");
        for caller in CALLERS {
            let (status, problem) = store.call(method.clone(), &path, caller, body.clone()).await;
            if allowed.contains(&caller) {
                assert!(status < 500 && status != 401 && status != 403, "{method} {path} as {caller}: {status}");
            } else {
                assert_eq!((status, problem["code"].as_str()), (403, Some("forbidden")), "{method} {path} as {caller}");
            }
        }
    }
}

#[tokio::test]
async fn nonsense_is_answered_with_a_problem_and_never_with_a_fault_of_ours() {
    let store = start().await;
    let deep = "[".repeat(5_000);
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        "\"text\"",
        "{\"target\":1}",
        "{\"a\":\"\\ud800\"}",
        "\u{1F600}",
        &deep,
        "{\"fence\":99999999999999999999,\"ttl_ms\":-1}",
    ];
    for Route { method, path, allowed, .. } in routes().into_iter().filter(|route| route.body) {
        for body in bodies {
            let begun = Instant::now();
            let (status, problem) = store.call(method.clone(), &path, allowed[0], Some(body.to_owned())).await;
            assert!((400..500).contains(&status), "{path} took {body:?} with {status}");
            assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{path}: {problem}");
            assert!(begun.elapsed() < Duration::from_secs(5));
        }
        let huge = format!("{{\"key\":\"{}\"}}", "x".repeat(2 << 20));
        let (status, problem) = store.call(method.clone(), &path, allowed[0], Some(huge)).await;
        assert_eq!((status, problem["code"].as_str()), (413, Some("too_large")), "{path}");
    }
    for path in [
        "/v1/incidents/not-an-id",
        "/v1/incidents/not-an-id/events",
        "/v1/incidents/%00",
        "/v1/incidents?limit=-1",
        "/v1/incidents?limit=x",
        "/v1/incidents?archived=perhaps",
        "/v1/events?after=x",
        "/v1/events?after=1--1",
        "/v1/events?wait_ms=-1",
        "/v1/events?limit=99999999999999999999999",
    ] {
        let (status, problem) = store.get(path, "operator").await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("bad_request")), "{path}");
    }
    let (status, problem) = store.get(&format!("/v1/incidents/{ID}"), "operator").await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")));
    for path in
        ["/v1/events?after=18446744073709551615-9223372036854775807", "/v1/events?limit=0", "/v1/incidents?limit=0"]
    {
        assert_eq!(store.get(path, "operator").await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_or_path_is_answered_with_a_problem() {
    let store = start().await;
    for Route { method, path, allowed, .. } in routes() {
        let wrong = if method == Method::GET { Method::PUT } else { Method::DELETE };
        let (status, problem) = store.call(wrong, &path, allowed[0], None).await;
        assert!(matches!(status, 403 | 405) && problem["code"].is_string(), "{path}: {status} {problem}");
    }
    for path in ["/", "/v1", "/v1/leases/x", "/developer/incidents/assets/none", "/v1/incidents/a/b/c"] {
        let (status, problem) = store.get(path, "operator").await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")), "{path}");
    }
    assert_eq!(store.get("/healthz", "").await.0, 200);
    assert_eq!(store.get("/readyz", "").await.0, 200);
}
