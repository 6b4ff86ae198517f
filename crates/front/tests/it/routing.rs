//! Where requests go, and how the table changes.

use crate::running::{problem, start, table, upstream};
use reqwest::Method;
use std::time::Duration;

#[tokio::test]
async fn requests_go_by_the_longest_prefix_and_developers_to_the_store() {
    let outer = chassis::Stop::new();
    let store = upstream("store", &outer);
    let front = start(&store.url);
    let (all, api) = (upstream("all", &front.stop), upstream("api", &front.stop));
    front.route(1, &[("/", &all.url, "all"), ("/api", &api.url, "api")]).await;
    for (path, wanted) in [
        ("/", "all"),
        ("/x/y", "all"),
        ("/api", "api"),
        ("/api/x?y=/developer", "api"),
        ("/apix", "all"),
        ("/developer", "store"),
        ("/developer/incidents", "store"),
        ("/developers", "all"),
    ] {
        assert_eq!(front.text(path).await, wanted, "{path}");
    }
    outer.now();
}

#[tokio::test]
async fn without_a_route_the_answer_says_so_and_when_to_come_again() {
    let front = start("http://127.0.0.1:1");
    let answer = front.request(Method::GET, "/").send().await.expect("an answer");
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(problem(answer).await, (503, "no_live_version".into()));
    assert_eq!(front.label("-").await.answers["GET / 5xx"], 1);
    assert_eq!(front.routes().await.generation, 0);
}

#[tokio::test]
async fn a_table_is_in_force_without_being_asked_for() {
    let front = start("http://127.0.0.1:1");
    let (one, two) = (upstream("one", &front.stop), upstream("two", &front.stop));
    front.route(1, &[("/", &one.url, "one")]).await;
    assert_eq!(front.text("/").await, "one");
    front.write(&serde_json::to_string(&table(2, &[("/", &two.url, "two")])).expect("JSON"));
    let switched = async || (front.text("/").await == "two").then_some(());
    // By the watch: the slow poll comes every two seconds.
    testkit::eventually("the new upstream answers", Duration::from_millis(1_500), switched).await;
}

#[tokio::test]
async fn a_file_that_is_wrong_or_missing_keeps_the_last_good_table() {
    let front = start("http://127.0.0.1:1");
    let up = upstream("up", &front.stop);
    front.route(4, &[("/", &up.url, "l")]).await;
    let large = " ".repeat(2 << 20);
    let no_upstream = r#"{"generation": 5, "routes": [{"prefix": "/", "upstream": "nowhere", "label": "l"}]}"#;
    for wrong in ["", "{", "[]", "{\"generation\": \"5\"}", no_upstream, &large] {
        front.write(wrong);
        assert_eq!(front.routes().await.generation, 4, "{:.60}", wrong);
        assert_eq!(front.text("/").await, "up");
    }
    front.route(6, &[("/", &up.url, "l")]).await;
    front.remove();
    assert_eq!(front.routes().await.generation, 6);
    assert_eq!(front.text("/").await, "up");
    front.route(5, &[]).await;
    assert_eq!(problem(front.request(Method::GET, "/").send().await.expect("an answer")).await.0, 503);
}
