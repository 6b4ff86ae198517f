//! Who may ask for what, and what bad input is answered with.

use crate::world::World;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::tiny::FAULT;

const CALLERS: [&str; 11] = [
    "operator",
    "ingest",
    "healer",
    "patcher",
    "deployer",
    "verifier",
    "incident-store",
    "fault-router",
    "front",
    "kintsugi",
    "nobody",
];

async fn call(world: &World, token: Option<String>, method: Method, path: &str, body: Option<String>) -> (u16, Value) {
    let http = verifier::endpoint::client().and_then(|client| client.build()).expect("a client");
    let mut request = http.request(method, format!("{}{path}", world.base)).timeout(Duration::from_secs(20));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    if status.is_client_error() {
        for member in ["code", "message"] {
            assert!(body[member].is_string(), "{status} {path}: a problem body has {member}: {body}");
        }
    }
    assert!(!status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE, "{status} {path}: {body}");
    (status.as_u16(), body)
}

fn tasks(world: &World) -> [(&'static str, Value, &'static [&'static str]); 3] {
    let head = world.tiny.head();
    [
        ("admit", json!({"task": "admit", "target": "tiny", "code": FAULT, "base": head, "diff": "no"}), &["patcher"]),
        ("build", json!({"task": "build", "target": "tiny", "commit": head}), &["deployer"]),
        (
            "replay",
            json!({"task": "replay", "target": "tiny", "code": "OTHER", "base_url": "http://127.0.0.1:9"}),
            &["deployer", "healer"],
        ),
    ]
}

#[tokio::test]
async fn each_task_is_for_its_callers_alone() {
    let world = World::start().await;
    for (name, task, allowed) in tasks(&world) {
        let path = format!("/v1/operations/roles/{name}");
        for caller in CALLERS {
            let (status, body) =
                call(&world, Some(testkit::token(caller)), Method::PUT, &path, Some(task.to_string())).await;
            let wanted: &[u16] = if allowed.contains(&caller) { &[200, 202] } else { &[403] };
            let wanted: &[u16] = if caller == "nobody" { &[401, 403] } else { wanted };
            assert!(wanted.contains(&status), "{caller} {name}: {status} {body}");
        }
        assert_eq!(call(&world, None, Method::PUT, &path, Some(task.to_string())).await.0, 401);
        assert_eq!(call(&world, Some("wrong".into()), Method::GET, &path, None).await.0, 401);
    }
    let verdict = format!("/v1/verdicts/{}", "0".repeat(64));
    for caller in CALLERS {
        let (status, _) = call(&world, Some(testkit::token(caller)), Method::GET, &verdict, None).await;
        let wanted: &[u16] = match caller {
            "patcher" | "operator" => &[404],
            // The command line acts for its operator.
            "kintsugi" => &[403, 404],
            "nobody" => &[401, 403],
            _ => &[403],
        };
        assert!(wanted.contains(&status), "{caller}: {status}");
    }
    assert_eq!(call(&world, None, Method::GET, &verdict, None).await.0, 401);
}

#[tokio::test]
async fn bad_input_is_a_4xx_that_says_what_would_be_right() {
    let world = World::start().await;
    let [(_, admit, _), _, (_, replay, _)] = tasks(&world);
    let with = |task: &Value, member: &str, value: Value| {
        let mut task = task.clone();
        task[member] = value;
        Some(task.to_string())
    };
    let long = Some(with(&admit, "diff", json!("x".repeat(2 << 20))).expect("a body"));
    let put =
        |path: &'static str, body: Option<String>, caller: &'static str, wanted: u16| (path, body, caller, wanted);
    let at = "/v1/operations/bad/one";
    for (path, body, caller, wanted) in [
        put(at, None, "patcher", 415),
        put(at, Some("{".into()), "patcher", 400),
        put(at, Some("[]".into()), "patcher", 400),
        put(at, with(&admit, "task", json!("delete")), "patcher", 400),
        put(at, with(&admit, "target", json!("unknown")), "patcher", 400),
        put(at, with(&admit, "target", json!("../tiny")), "patcher", 400),
        put(at, with(&admit, "base", json!("HEAD")), "patcher", 400),
        put(at, with(&admit, "code", json!("a b")), "patcher", 400),
        put(at, with(&admit, "diff", json!(7)), "patcher", 400),
        put(at, long, "patcher", 413),
        put(at, with(&replay, "base_url", json!("file:///etc/passwd")), "healer", 400),
        put(at, with(&replay, "base_url", json!("http://a:b@127.0.0.1")), "healer", 400),
        put(at, with(&replay, "base_url", json!("")), "healer", 400),
        put("/v1/operations/bad/..%2Fone", Some(admit.to_string()), "patcher", 400),
        put("/v1/operations/bad", Some(admit.to_string()), "patcher", 404),
    ] {
        let shown: String = body.clone().unwrap_or_default().chars().take(120).collect();
        let (status, answer) = call(&world, Some(testkit::token(caller)), Method::PUT, path, body).await;
        assert_eq!(status, wanted, "{path} {shown}: {answer}");
    }
    let get = |path: &'static str, wanted: u16| (path, wanted);
    for (path, wanted) in [
        get("/v1/operations/bad/never-asked", 404),
        get("/v1/operations/bad/one?wait_ms=soon", 400),
        get("/v1/operations/bad/a%20b", 400),
        get("/v1/verdicts/short", 400),
        get("/v1/verdicts/..%2F..%2Fetc%2Fpasswd", 400),
    ] {
        let (status, answer) = call(&world, Some(testkit::token("patcher")), Method::GET, path, None).await;
        assert_eq!(status, wanted, "{path}: {answer}");
    }
}

#[tokio::test]
async fn the_same_key_is_for_the_same_task() {
    let world = World::start().await;
    let [(_, mut admit, _), ..] = tasks(&world);
    let (path, token) = ("/v1/operations/same/key", || Some(testkit::token("patcher")));
    assert!(call(&world, token(), Method::PUT, path, Some(admit.to_string())).await.0 < 300);
    assert!(call(&world, token(), Method::PUT, path, Some(admit.to_string())).await.0 < 300);
    let (status, body) = call(&world, token(), Method::GET, &format!("{path}?wait_ms=20000&seen=99"), None).await;
    assert_eq!((status, &body["state"]), (200, &json!("done")), "{body}");
    assert_eq!(body["outcome"]["gates"][0]["code"], "does_not_apply");
    admit["diff"] = json!("another");
    let (status, body) = call(&world, token(), Method::PUT, path, Some(admit.to_string())).await;
    assert_eq!((status, &body["code"]), (409, &json!("key_conflict")));
}

#[tokio::test]
async fn readiness_tells_whether_the_sandbox_stands() {
    let world = World::start().await;
    let ready = async || (call(&world, None, Method::GET, "/readyz", None).await.0 == 200).then_some(());
    testkit::eventually("readiness", Duration::from_secs(10), ready).await;
    assert_eq!(call(&world, None, Method::GET, "/healthz", None).await.0, 200);
    let world = World::of(|target| target, |settings| settings.sandbox_program = "/usr/bin/false".into()).await;
    let told = async || {
        let (status, body) = call(&world, None, Method::GET, "/readyz", None).await;
        body["message"].as_str().is_some_and(|why| status == 503 && why.contains("bubblewrap")).then_some(())
    };
    testkit::eventually("the reason", Duration::from_secs(10), told).await;
}
