//! Who may ask what, and what bad input is answered.

use crate::place::Place;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use wire::Problem;
use wire::rollout::Deploy;

const KEY: &str = "/v1/operations/0192/deploy-1";

async fn call(
    place: &Place,
    method: Method,
    path: &str,
    who: Option<&str>,
    body: Option<Value>,
) -> (StatusCode, Option<Problem>) {
    let mut request = Client::new().request(method, format!("{}{path}", place.base()));
    if let Some(who) = who {
        request = request.bearer_auth(testkit::token(who));
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.json().await.ok())
}

#[track_caller]
fn check(what: &str, (status, problem): (StatusCode, Option<Problem>), wanted: u16, code: &str) {
    assert_eq!((status.as_u16(), problem.map(|problem| problem.code).as_deref()), (wanted, Some(code)), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_lets_in_whom_it_should() {
    let place = Place::running().await;
    let live = "/v1/rollouts/tiny";
    let suspects = "/v1/rollouts/tiny/suspects?before=2026-01-01T00:00:00Z&within_s=60";
    let (relieve, withdraw) = ("/v1/reliefs", "/v1/reliefs/withdraw");
    let posts = [(Method::POST, relieve), (Method::POST, withdraw)];
    let reads = [(Method::PUT, KEY), (Method::GET, KEY), (Method::GET, live), (Method::GET, suspects)];
    for (method, path) in reads.into_iter().chain(posts) {
        let what = format!("{method} {path}");
        check(&what, call(&place, method.clone(), path, None, None).await, 401, "unauthenticated");
        check(&what, call(&place, method.clone(), path, Some("a stranger"), None).await, 401, "unauthenticated");
        for who in ["nobody", "ingest", "approver", "patcher", "verifier", "incident-store", "fault-router", "front"] {
            check(&what, call(&place, method.clone(), path, Some(who), None).await, 403, "forbidden");
        }
    }
    check("operators do not deploy", call(&place, Method::PUT, KEY, Some("operator"), None).await, 403, "forbidden");
    for who in ["operator", "healer"] {
        assert_eq!(call(&place, Method::GET, live, Some(who), None).await.0, 200);
        assert_eq!(call(&place, Method::GET, suspects, Some(who), None).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_answered_with_a_problem() {
    let place = Place::running().await;
    let good = serde_json::to_value(place.cure()).expect("JSON");
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        Some(body)
    };
    let healer = Some("healer");
    for (what, body) in [
        ("nothing", None),
        ("another form", Some(json!([1]))),
        ("a commit that is none", with("commit", json!("HEAD"))),
        ("a tree that is none", with("tree", json!("--all"))),
        ("a digest that is none", with("artefact", json!("../../etc"))),
        ("a target that is no name", with("target", json!("../x"))),
        ("no authority", with("authority", Value::Null)),
        ("a mode that is none", with("mode", json!({ "mode": "force" }))),
    ] {
        let (status, problem) = call(&place, Method::PUT, KEY, healer, body).await;
        assert!(status.is_client_error() && problem.is_some(), "{what}: {status} {problem:?}");
    }
    check(
        "another target",
        call(&place, Method::PUT, KEY, healer, with("target", json!("other"))).await,
        404,
        "not_found",
    );
    let odd = "/v1/operations/a%20b/deploy-1";
    check("a key that is none", call(&place, Method::PUT, odd, healer, Some(good.clone())).await, 400, "bad_request");
    check("an unknown key", call(&place, Method::GET, KEY, healer, None).await, 404, "not_found");
    let wait = format!("{KEY}?wait_ms=often");
    check("a wait that is none", call(&place, Method::GET, &wait, healer, None).await, 400, "bad_request");
    check("no such target", call(&place, Method::GET, "/v1/rollouts/other", healer, None).await, 404, "not_found");
    check("no name", call(&place, Method::GET, "/v1/rollouts/A%20B", healer, None).await, 400, "bad_request");
    let large = Some(json!({ "large": "x".repeat(2 << 20) }));
    check("too large", call(&place, Method::PUT, KEY, healer, large).await, 413, "too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_authority_and_another_tree_are_refused_and_the_key_is_not_spoilt() {
    let place = Place::running().await;
    let good = place.cure();
    let with = |fence: i64, epoch: i64| Deploy {
        authority: wire::Authority { fence: wire::Fence(fence), epoch: wire::Epoch(epoch) },
        ..good.clone()
    };
    let other_tree = Deploy { tree: "0".repeat(40).parse().expect("a tree id"), ..with(5, 2) };
    let refused = place.deploy(&other_tree, 9).await.expect_err("another tree");
    assert_eq!(refused.problem().code, "tree_differs");
    for (stale, code) in [(with(4, 2), "fence_stale"), (with(5, 1), "epoch_stale"), (with(9, 1), "epoch_stale")] {
        let refused = place.deploy(&stale, 1).await.expect_err("stale");
        assert_eq!((refused.problem().code.as_str(), refused.may_pass()), (code, false));
    }
    // A new lease asks under the same key, and again with another fence: it is the same task.
    for fence in [6, 7] {
        place.deploy(&with(fence, 2), 1).await.expect("an outcome");
    }
    let other = Deploy { artefact: None, ..with(8, 2) };
    assert_eq!(place.deploy(&other, 1).await.expect_err("another task").problem().code, "key_conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_roll_out_there_is_nothing_live_and_it_says_why() {
    let mut place = Place::new().await;
    place.doubles.script().breaks_builds = true;
    place.start().await;
    let said = async || {
        let (status, problem) = call(&place, Method::GET, "/v1/rollouts/tiny", Some("operator"), None).await;
        assert_eq!(status, 404);
        problem.filter(|problem| problem.message.contains("does not build"))
    };
    testkit::eventually("it says why", crate::place::LIMIT, said).await;
}
