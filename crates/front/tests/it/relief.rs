//! Reliefs between real callers and an upstream that fails.

use crate::running::{Running, problem, start_with};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chassis::Stop;
use chrono::TimeDelta;
use reqwest::{Method, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;
use wire::IncidentId;
use wire::paths::{REPLAY_HEADER, WHO_HEADER};
use wire::relief::{Ease, RELIEF_HEADER, Standing};
use wire::rollout::{Route, RouteTable};
use wire::vouch::Key;

/// An upstream that answers with a status that can be set; 0: not at all, 1: 200 after 1.5 s.
pub(crate) struct Moody {
    pub(crate) url: String,
    pub(crate) status: Arc<AtomicU16>,
    pub(crate) asked: Arc<AtomicUsize>,
}

pub(crate) fn moody(stop: &Stop) -> Moody {
    let (listener, url) = testkit::listener();
    let (status, asked) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicUsize::new(0)));
    let (mood, count) = (Arc::clone(&status), Arc::clone(&asked));
    let answer = move |request: HttpRequest| {
        let (status, n) = (mood.load(Ordering::SeqCst), count.fetch_add(1, Ordering::SeqCst));
        async move {
            if status < 100 {
                tokio::time::sleep(Duration::from_millis(if status == 0 { 30_000 } else { 1_500 })).await;
            }
            let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
            let own = request.headers().contains_key("cookie");
            HttpResponse::build(status).content_type("text/x-mood").body(if own {
                "own".to_owned()
            } else {
                n.to_string()
            })
        }
    };
    let app = move || App::new().default_service(web::to(answer.clone()));
    let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0).listen(listener);
    let server = server.expect("a listener").run();
    let (ending, word) = (server.handle(), stop.clone());
    stop.spawn("moody", async move { server.await.expect("it serves") });
    stop.spawn("moody-stop", async move {
        word.requested().await;
        ending.stop(false).await;
    });
    Moody { url, status, asked }
}

pub(crate) fn paths() -> Vec<String> {
    vec!["/data".to_owned()]
}

pub(crate) fn stale() -> Ease {
    Ease::Stale { paths: paths(), max_age_s: 300, patience_ms: 300 }
}

pub(crate) fn breaker() -> Ease {
    Ease::Breaker { paths: paths(), retry_after_s: 1 }
}

pub(crate) fn table(generation: i64, url: &str, label: &str, eases: &[Ease], left: TimeDelta) -> RouteTable {
    let route = Route { prefix: "/".into(), upstream: url.into(), label: label.into(), keep: paths() };
    let standing = Standing {
        incident: IncidentId::fresh(),
        target: "tiny".parse().expect("a name"),
        epoch: wire::Epoch(1),
        until: chassis::clock::system().now() + left,
        eases: eases.to_vec(),
    };
    let reliefs = if eases.is_empty() { vec![] } else { vec![standing] };
    RouteTable { generation, routes: vec![route], reliefs }
}

pub(crate) async fn put(front: &Running, table: &RouteTable) {
    front.write(&serde_json::to_string(table).expect("JSON"));
    assert_eq!(front.routes().await, *table, "in force at once");
}

pub(crate) async fn get(front: &Running, path: &str) -> Response {
    front.request(Method::GET, path).send().await.expect("an answer")
}

pub(crate) fn relief(answer: &Response) -> Option<&str> {
    answer.headers().get(RELIEF_HEADER)?.to_str().ok()
}

pub(crate) const LONG: TimeDelta = TimeDelta::minutes(5);

#[tokio::test]
async fn a_failure_is_answered_by_the_last_good_answer_and_marked_until_the_relief_is_withdrawn() {
    let front = start_with("http://127.0.0.1:1", 5_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[], LONG)).await;
    assert_eq!(get(&front, "/data?x=1").await.text().await.expect("a body"), "0");
    up.status.store(500, Ordering::SeqCst);
    assert_eq!(get(&front, "/data?x=1").await.status(), 500, "without a relief nothing is hidden");
    put(&front, &table(2, &up.url, "tiny/blue/1", &[stale()], LONG)).await;
    let older = get(&front, "/data?x=1").await;
    assert_eq!((older.status().as_u16(), relief(&older)), (200, Some("stale")));
    assert!(older.headers()["warning"].to_str().expect("text").starts_with("110 "));
    assert!(older.headers().contains_key("age"));
    assert_eq!(older.headers()["content-type"], "text/x-mood");
    assert_eq!(older.text().await.expect("a body"), "0");
    for other in ["/data?x=2", "/other"] {
        assert_eq!(get(&front, other).await.status(), 500, "{other}: nothing good is known of it");
    }
    let post = front.request(Method::POST, "/data?x=1").send().await.expect("an answer");
    assert_eq!(post.status(), 500, "what changes something is never answered for");
    let own = front.request(Method::GET, "/data?x=1").header("cookie", "a=1").send().await.expect("an answer");
    assert_eq!((own.status().as_u16(), relief(&own)), (500, None), "nor is what is somebody's own");
    let head = front.request(Method::HEAD, "/data?x=1").send().await.expect("an answer");
    assert_eq!((head.status().as_u16(), relief(&head)), (200, Some("stale")));
    up.status.store(200, Ordering::SeqCst);
    let fresh = get(&front, "/data?x=1").await;
    assert_eq!((fresh.status().as_u16(), relief(&fresh)), (200, None), "a good answer is passed on");
    up.status.store(500, Ordering::SeqCst);
    put(&front, &table(3, &up.url, "tiny/blue/1", &[], LONG)).await;
    assert_eq!(get(&front, "/data?x=1").await.status(), 500);
    let told =
        front.request(Method::GET, wire::paths::FRONT_METRICS).bearer_auth(testkit::token("metrics")).send().await;
    let told = told.expect("an answer").text().await.expect("numbers");
    assert!(told.contains(r#"kintsugi_front_relieved_total{kind="stale",service="front"} 2"#), "{told}");
}

#[tokio::test]
async fn an_upstream_that_hangs_or_is_gone_is_answered_for_soon() {
    let front = start_with("http://127.0.0.1:1", 20_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[stale()], LONG)).await;
    assert_eq!(relief(&get(&front, "/data").await), None);
    up.status.store(0, Ordering::SeqCst);
    assert_eq!(relief(&get(&front, "/data").await), Some("stale"));
    put(&front, &table(2, "http://127.0.0.1:1", "tiny/green/2", &[stale()], LONG)).await;
    let gone = get(&front, "/data").await;
    assert_eq!(relief(&gone), Some("stale"));
    assert_eq!(gone.text().await.expect("a body"), "0");
}

#[tokio::test]
async fn a_relief_that_has_run_out_or_is_another_targets_means_nothing() {
    let front = start_with("http://127.0.0.1:1", 5_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[], LONG)).await;
    get(&front, "/data").await;
    up.status.store(500, Ordering::SeqCst);
    put(&front, &table(2, &up.url, "tiny/blue/1", &[stale(), breaker()], TimeDelta::zero())).await;
    assert_eq!(get(&front, "/data").await.status(), 500);
    put(&front, &table(3, &up.url, "other/blue/1", &[stale(), breaker()], LONG)).await;
    assert_eq!(get(&front, "/data").await.status(), 500);
}

#[tokio::test]
async fn an_open_breaker_passes_nothing_on_but_a_try_and_a_new_version_is_tried_at_once() {
    let front = start_with("http://127.0.0.1:1", 5_000);
    let up = moody(&front.stop);
    up.status.store(500, Ordering::SeqCst);
    let standing = table(1, &up.url, "tiny/blue/1", &[Ease::Breaker { paths: paths(), retry_after_s: 60 }], LONG);
    put(&front, &standing).await;
    assert_eq!(get(&front, "/data").await.status(), 500, "the try");
    for _ in 0..3 {
        let refused = get(&front, "/data").await;
        assert_eq!(
            (relief(&refused), &refused.headers()["retry-after"]),
            (Some("breaker"), &"60".parse().expect("text"))
        );
        assert_eq!(problem(refused).await, (503, "relief_breaker".into()));
    }
    assert_eq!(up.asked.load(Ordering::SeqCst), 1, "nothing was passed on");
    assert_eq!(get(&front, "/other").await.status(), 500, "other paths are");
    up.status.store(200, Ordering::SeqCst);
    let mut cured = standing;
    (cured.generation, cured.routes[0].label) = (2, "tiny/green/2".into());
    put(&front, &cured).await;
    assert_eq!(
        (get(&front, "/data").await.status(), get(&front, "/data").await.status()),
        (200.try_into().expect("a status"), 200.try_into().expect("a status"))
    );
}

#[tokio::test]
async fn with_both_the_last_good_answer_is_given_without_asking() {
    let front = start_with("http://127.0.0.1:1", 5_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[], LONG)).await;
    get(&front, "/data").await;
    up.status.store(500, Ordering::SeqCst);
    let eases = [Ease::Breaker { paths: paths(), retry_after_s: 60 }, stale()];
    put(&front, &table(2, &up.url, "tiny/blue/1", &eases, LONG)).await;
    for _ in 0..4 {
        let older = get(&front, "/data").await;
        assert_eq!((older.status().as_u16(), relief(&older)), (200, Some("stale")));
    }
    assert_eq!(up.asked.load(Ordering::SeqCst), 2, "the good one and the try");
}

#[tokio::test]
async fn more_than_so_many_at_once_are_turned_away() {
    let front = start_with("http://127.0.0.1:1", 20_000);
    let up = moody(&front.stop);
    up.status.store(0, Ordering::SeqCst);
    let shed = Ease::Shed { paths: paths(), at_most: 2, retry_after_s: 7 };
    put(&front, &table(1, &up.url, "tiny/blue/1", &[shed], LONG)).await;
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..2 {
        hanging.spawn(front.request(Method::GET, "/data").send());
    }
    let both = async || (up.asked.load(Ordering::SeqCst) == 2).then_some(());
    testkit::eventually("two are under way", Duration::from_secs(5), both).await;
    let refused = get(&front, "/data").await;
    assert_eq!((relief(&refused), &refused.headers()["retry-after"]), (Some("shed"), &"7".parse().expect("text")));
    assert_eq!(problem(refused).await, (503, "relief_shed".into()));
    hanging.abort_all();
    up.status.store(200, Ordering::SeqCst);
    let served = async || (get(&front, "/data").await.status() == 200).then_some(());
    testkit::eventually("there is room again", Duration::from_secs(5), served).await;
}

#[tokio::test]
async fn a_replay_sees_the_version_itself_whoever_asks() {
    let front = start_with("http://127.0.0.1:1", 5_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[], LONG)).await;
    get(&front, "/data").await;
    up.status.store(500, Ordering::SeqCst);
    put(&front, &table(2, &up.url, "tiny/blue/1", &[stale(), breaker()], LONG)).await;
    let replay: wire::ReplayId = "kr-1".parse().expect("an id");
    let ask = async |proof: String| {
        let request = front.request(Method::GET, "/data").header(REPLAY_HEADER, replay.as_str());
        let answer = request.header(WHO_HEADER, proof).send().await.expect("an answer");
        (answer.status().as_u16(), relief(&answer).map(str::to_owned))
    };
    let key = |who: &str| Key::of_token(&testkit::token(who));
    assert_eq!(ask(key("verifier").ask(&replay)).await, (500, None));
    for time in ["first", "second"] {
        let seen = ask(key("healer").ask(&replay)).await;
        assert_eq!(seen, (500, None), "the {time} time: neither an older answer nor a breaker's");
    }
}
