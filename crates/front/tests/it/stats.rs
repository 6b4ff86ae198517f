//! The counters: what is told apart, and that they stay bounded.

use front::stats::{Stats, kind};
use std::sync::Arc;

#[track_caller]
fn check(method: &str, path: &str, status: u16, wanted: &str) {
    assert_eq!(kind(method, path, status), wanted, "{method} {path} {status}");
}

#[test]
fn kinds_name_routes_not_things() {
    check("GET", "/healthz", 200, "GET /healthz 2xx");
    check("POST", "/test-fault/run?x=1", 500, "POST /test-fault/run 5xx");
    check("GET", "/", 302, "GET / 3xx");
    check("GET", "//a///b/c/d", 404, "GET /a/b 4xx");
    check("GET", "/orders/4711", 200, "GET /orders/* 2xx");
    check("GET", "/v1/01932c07-209c-7e2f-a1c4-6f3c5d8e9b10", 200, "GET /v1/* 2xx");
    check("GET", "/a%20b/1", 200, "GET /*/* 2xx");
    check("GET", &format!("/{}", "x".repeat(100)), 200, "GET /* 2xx");
    check("BREW", "/pot", 418, "OTHER /pot 4xx");
}

#[test]
fn kinds_and_labels_stay_bounded() {
    let stats = Arc::new(Stats::default());
    for i in 0..1_000 {
        stats.count("a", &format!("GET /{i} 2xx"));
    }
    let told = stats.told();
    assert!(told["a"].answers.len() <= 101, "{}", told["a"].answers.len());
    assert_eq!(told["a"].answers["other"], 900);

    let busy = stats.enter("busy");
    for i in 0..1_000 {
        stats.count(&format!("label-{i}"), "GET / 2xx");
    }
    let told = stats.told();
    assert!(told.len() <= 64, "{}", told.len());
    assert!(told.contains_key("label-999") && !told.contains_key("a"));
    assert_eq!(told["busy"].in_flight, 1, "what is under way is not forgotten");
    drop(busy);
    assert_eq!(stats.told()["busy"].in_flight, 0);
}
