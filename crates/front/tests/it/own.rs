//! The front's own routes: who gets in, and what they tell; and the settings.

use crate::running::{problem, start, upstream};
use reqwest::Method;
use std::time::Duration;

#[tokio::test]
async fn only_the_deployer_and_operators_get_in() {
    let front = start("http://127.0.0.1:1");
    for path in ["/-/routes", "/-/stats", "/-/nothing", "/-", "/-/"] {
        let ask = async |token: Option<&str>| {
            let request = front.request(Method::GET, path);
            let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
            request.send().await.expect("an answer")
        };
        assert_eq!(problem(ask(None).await).await, (401, "unauthenticated".into()), "{path}");
        assert_eq!(problem(ask(Some("wrong")).await).await, (401, "unauthenticated".into()), "{path}");
        for other in ["nobody", "ingest", "healer", "patcher", "verifier", "incident-store", "front"] {
            assert_eq!(
                problem(ask(Some(&testkit::token(other))).await).await,
                (403, "forbidden".into()),
                "{path} as {other}"
            );
        }
        let wanted = if path.ends_with("routes") || path.ends_with("stats") { 200 } else { 404 };
        for right in ["deployer", "operator"] {
            assert_eq!(ask(Some(&testkit::token(right))).await.status().as_u16(), wanted, "{path} as {right}");
        }
    }
    let post = front.request(Method::POST, "/-/routes").bearer_auth(testkit::token("deployer")).body("{").send().await;
    assert_eq!(problem(post.expect("an answer")).await.0, 405);
}

#[tokio::test]
async fn nothing_of_its_own_goes_to_a_target() {
    let front = start("http://127.0.0.1:1");
    let up = upstream("target", &front.stop);
    front.route(1, &[("/", &up.url, "l")]).await;
    for path in ["/-/routes", "/-/anything", "/%2D/routes", wire::paths::FRONT_HEALTH] {
        assert_ne!(front.text(path).await, "target", "{path}");
    }
    assert_eq!(front.text("/healthz").await, "target", "the health of the live version is its own affair");
    let health = front.request(Method::GET, wire::paths::FRONT_HEALTH).send().await.expect("an answer");
    assert_eq!(health.status().as_u16(), 200, "no role is needed");
}

#[tokio::test]
async fn what_a_pipeline_says_goes_to_where_the_table_says_without_a_role_and_never_to_a_target() {
    let front = start("http://127.0.0.1:1");
    let (target, platform) = (upstream("target", &front.stop), upstream("platform", &front.stop));
    front.route(1, &[("/", &target.url, "l")]).await;
    let path = format!("{}/tiny", wire::paths::CALLBACKS);
    let say = async |path: &str| front.request(Method::POST, path).body("{}").send().await.expect("an answer");
    assert_eq!(problem(say(&path).await).await, (503, "no_live_version".into()), "nobody listens yet");
    front.route(2, &[("/", &target.url, "l"), (wire::paths::CALLBACKS, &platform.url, "callbacks")]).await;
    assert_eq!(say(&path).await.text().await.expect("a body"), "platform");
    assert_eq!(problem(say("/-/callbacksx").await).await, (401, "unauthenticated".into()));
    assert_eq!(problem(say("/-/routes").await).await, (401, "unauthenticated".into()));
}

#[tokio::test]
async fn answers_are_counted_by_label_and_replays_are_not() {
    let front = start("http://127.0.0.1:1");
    let up = upstream("up", &front.stop);
    front.route(7, &[("/", &up.url, "app/green/1")]).await;
    for path in ["/orders/1234", "/orders/5678", "/echo"] {
        front.text(path).await;
    }
    let replayed = front.request(Method::GET, "/orders/9999").header(wire::paths::REPLAY_HEADER, "kr-1").send().await;
    replayed.expect("an answer");
    let idle = async || Some(front.label("app/green/1").await).filter(|label| label.in_flight == 0);
    let label = testkit::eventually("nothing is under way", Duration::from_secs(5), idle).await;
    let told: Vec<_> = label.answers.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(told, [("GET /echo 2xx", 1), ("GET /orders/* 2xx", 2)]);
}

#[test]
fn the_sample_settings_load_and_show_the_defaults() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/front.toml");
    let settings: front::Settings =
        toml::from_str(&std::fs::read_to_string(file).expect("the sample")).expect("the settings");
    assert_eq!(format!("{settings:?}"), format!("{:?}", front::Settings::default()));
}

#[test]
fn settings_that_cannot_be_used_stop_the_start() {
    let refused = |settings: front::Settings| front::Front::open(&settings).expect_err("they cannot be used");
    let default = front::Settings { routes: "/dev/null/routes.json".into(), ..Default::default() };
    let chain = |error: anyhow::Error| format!("{error:#}");
    assert!(chain(refused(default.clone())).contains("/dev/null"));
    assert!(chain(refused(front::Settings { answer_timeout_ms: 0, ..default.clone() })).contains("answer_timeout_ms"));
    assert!(chain(refused(front::Settings { incident_store: "store".into(), ..default })).contains("incident_store"));
}
