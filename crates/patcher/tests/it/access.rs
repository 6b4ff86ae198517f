//! Who may ask, and what happens to bad input.

use crate::world::{World, cure, fresh_key};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use wire::proposal::PatchTask;
use wire::{Problem, paths};

struct Asked<'a> {
    base: &'a str,
    token: Option<&'a str>,
}

impl Asked<'_> {
    async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> (StatusCode, Option<Problem>) {
        let mut request = reqwest::Client::new().request(method, format!("{}{path}", self.base));
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        (status, response.json().await.ok())
    }

    async fn put(&self, task: &PatchTask) -> StatusCode {
        let body = serde_json::to_vec(task).expect("a body");
        let (status, problem) = self.send(Method::PUT, &path("s", "t"), Some(body)).await;
        assert!(!status.is_client_error() || problem.is_some(), "{status} without a problem body");
        status
    }
}

fn path(scope: &str, step: &str) -> String {
    format!("{}/{scope}/{step}", paths::OPERATIONS)
}

#[tokio::test]
async fn only_the_healer_proposes_pushes_and_reverts_and_only_the_store_resets() {
    let world = World::new();
    let patcher = world.start();
    let proposal = world.admitted(&patcher).await;
    let tasks = [
        ("healer", world.propose(cure())),
        ("healer", world.push(&proposal)),
        ("healer", world.revert(&world.head())),
        ("incident-store", world.reset(4)),
    ];
    let callers =
        ["operator", "approver", "ingest", "nobody", "verifier", "deployer", "patcher", "healer", "incident-store"];
    for (allowed, task) in &tasks {
        for caller in callers.iter().filter(|caller| *caller != allowed) {
            let token = testkit::token(caller);
            let asked = Asked { base: &patcher.base, token: Some(&token) };
            assert_eq!(asked.put(task).await, StatusCode::FORBIDDEN, "{caller} asks for {task:?}");
        }
        for token in [None, Some("wrong"), Some("")] {
            let asked = Asked { base: &patcher.base, token };
            assert_eq!(asked.put(task).await, StatusCode::UNAUTHORIZED, "{token:?}");
        }
    }
    let asked = Asked { base: &patcher.base, token: None };
    assert_eq!(asked.send(Method::GET, &path("s", "t"), None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(asked.send(Method::GET, paths::HEALTH, None).await.0, StatusCode::OK);
    assert_eq!(world.log().len(), 1, "nothing was changed");
    patcher.stop().await;
}

#[tokio::test]
async fn bad_input_is_answered_with_what_would_be_right() {
    let world = World::new();
    let patcher = world.start();
    let token = testkit::token("healer");
    let asked = Asked { base: &patcher.base, token: Some(&token) };
    let good = serde_json::to_value(world.propose(cure())).expect("a task");
    let with = |key: &str, value: Value| {
        let mut task = good.clone();
        task[key] = value;
        serde_json::to_vec(&task).expect("a body")
    };
    let bodies = [
        b"".to_vec(),
        b"{".to_vec(),
        b"[]".to_vec(),
        b"{\"task\":\"destroy\"}".to_vec(),
        b"\xff\xfe".to_vec(),
        with("incident", json!("not-a-uuid")),
        with("target", json!("../etc")),
        with("target", json!("no-such-target")),
        with("code", json!("a b")),
        with("authority", json!({ "fence": "x" })),
        with("option", Value::Null),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let (status, problem) = asked.send(Method::PUT, &path("s", "t"), Some(body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{shown}");
        let problem = problem.expect("a problem body");
        assert!(problem.code == "bad_request" && !problem.message.is_empty(), "{shown}: {problem:?}");
    }
    let huge = vec![b' '; 2 << 20];
    assert_eq!(asked.send(Method::PUT, &path("s", "t"), Some(huge)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let body = serde_json::to_vec(&good).expect("a body");
    for bad in [path("-s", "t"), path("s", "t%20t"), path(&"s".repeat(97), "t")] {
        assert_eq!(asked.send(Method::PUT, &bad, Some(body.clone())).await.0, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(asked.send(Method::GET, &bad, None).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
    let query = format!("{}?wait_ms=x", path("s", "t"));
    assert_eq!(asked.send(Method::GET, &query, None).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(asked.send(Method::GET, &path("s", "unknown"), None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(asked.send(Method::GET, "/nothing", None).await.0, StatusCode::NOT_FOUND);
    patcher.stop().await;
}

#[tokio::test]
async fn a_key_with_another_task_is_a_conflict_but_another_lease_is_the_same_task() {
    let mut world = World::new();
    let patcher = world.start();
    let key = fresh_key();
    let first: wire::proposal::ProposeOutcome =
        patcher.ask_under(&key, &world.propose(cure())).await.expect("an outcome");
    world.authority.fence = world.authority.fence.next();
    let again = patcher.ask_under(&key, &world.propose(cure())).await.expect("the same operation");
    assert_eq!(first, again);
    let token = testkit::token("healer");
    let asked = Asked { base: &patcher.base, token: Some(&token) };
    let body = serde_json::to_vec(&world.revert(&world.head())).expect("a body");
    let (status, problem) = asked.send(Method::PUT, &path(&key.scope, &key.step), Some(body)).await;
    assert_eq!((status, problem.expect("a problem").code.as_str()), (StatusCode::CONFLICT, "key_conflict"));
    patcher.stop().await;
}
