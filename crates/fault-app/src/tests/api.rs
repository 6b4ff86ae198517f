//! `POST /test-fault/external-api`.

use super::bodies::{CURED, ORIGINAL};
use super::double::{Double, Mood};
use super::harness::{Answer, Bench, NOBODY, eventually};
use crate::resilience::breaker::{OPEN, OPENS_AFTER};
use actix_web::test::TestRequest;
use futures_util::future::join_all;
use serde_json::json;
use std::net::TcpListener;

const PATH: &str = "/test-fault/external-api";
const MARKER: &str = "FAULT_EXTERNAL_API_LATENCY";
const GOOD: Mood = Mood::Says(200, r#"{"value":42}"#);
const WRONG: Mood = Mood::Says(200, r#"{"value":"forty-two"}"#);
const FAILING: Mood = Mood::Says(500, r#"{"value":42}"#);

#[track_caller]
fn is_away(answer: &Answer, retry_after: u64) {
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!("upstream_away")), "{answer:?}");
    assert_eq!(answer.retry_after, Some(retry_after), "{answer:?}");
    assert!(answer.body.get("event_id").is_none() && answer.body.get("value").is_none(), "{answer:?}");
}

#[track_caller]
fn is_degraded(answer: &Answer, age_s: u64) {
    let wanted = json!({ "value": 42, "degraded": true, "age_s": age_s });
    assert_eq!((answer.status, &answer.body), (200, &wanted), "{answer:?}");
}

async fn fails(mood: Mood, reason: &str) {
    let bench = Bench::new(ORIGINAL, NOBODY, mood);
    is_fault(&bench, reason).await;
    assert_eq!(bench.upstream.came().len(), 1);
}

async fn is_fault(bench: &Bench, reason: &str) {
    let answer = bench.post(PATH).await;
    assert_eq!((answer.status, &answer.body["code"]), (504, &json!(reason)), "{answer:?}");
    bench.is_reported(&answer, MARKER, reason);
}

#[tokio::test]
async fn the_original_serves_the_value_and_says_upstream_whose_call_it_is() {
    let bench = Bench::new(ORIGINAL, NOBODY, GOOD);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = TestRequest::post().uri(PATH).insert_header(("x-kintsugi-replay", "kr-7"));
    let answer = bench.ask(request.insert_header(("x-request-id", "r1")).insert_header(("traceparent", trace))).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "value": 42 })));
    let head = &bench.upstream.came()[0].head;
    assert!(head.starts_with("get /data http/1.1\r\n"), "{head}");
    for line in ["x-kintsugi-replay: kr-7", "x-request-id: r1", &format!("traceparent: {trace}")] {
        assert!(head.contains(line), "{line} in {head}");
    }
}

#[tokio::test]
async fn the_original_fails_with_the_upstream_and_names_the_reason() {
    fails(WRONG, "wrong_data").await;
    fails(Mood::Says(200, "<html>"), "wrong_data").await;
    fails(Mood::Says(404, r#"{"value":42}"#), "wrong_data").await;
    fails(FAILING, "upstream_error").await;
    fails(Mood::Closes, "unreachable").await;
    fails(Mood::BreaksOff, "unreachable").await;
}

#[tokio::test]
async fn the_original_gives_a_silent_upstream_up_after_its_time_out() {
    fails(Mood::Silent, "external_timeout").await;
}

#[tokio::test]
async fn nobody_there_and_a_name_that_nobody_knows_are_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [format!("http://127.0.0.1:{free}"), "http://upstream.invalid:5001".into()] {
        is_fault(&Bench::asking(ORIGINAL, NOBODY, Double::start(GOOD), &url), "unreachable").await;
    }
}

#[tokio::test]
async fn a_replay_that_fails_is_logged_and_not_reported() {
    let bench = Bench::new(ORIGINAL, NOBODY, WRONG);
    let request = TestRequest::post().uri(PATH).insert_header(("x-kintsugi-replay", "kr-7"));
    let answer = bench.ask(request).await;
    assert_eq!((answer.status, bench.reports()), (504, 0), "{answer:?}");
    assert_eq!(bench.app.answers.all()[0]["replay"], "kr-7");
}

#[tokio::test]
async fn the_cured_body_serves_a_fresh_value_and_then_the_last_good_one_for_five_minutes() {
    let bench = Bench::new(CURED, NOBODY, GOOD);
    let fresh = bench.post(PATH).await;
    assert_eq!((fresh.status, fresh.body), (200, json!({ "value": 42 })));
    bench.upstream.becomes(WRONG);
    bench.pass(7_000);
    is_degraded(&bench.post(PATH).await, 7);
    assert_eq!(bench.upstream.came().len(), 2, "wrong data is not asked for again");
    bench.pass(293_000);
    is_degraded(&bench.post(PATH).await, 300);
    bench.pass(1);
    is_away(&bench.post(PATH).await, OPEN / 1000);
    assert_eq!(bench.reports(), 0, "a route that copes with its upstream is no incident");
}

#[tokio::test]
async fn a_failing_upstream_is_asked_again_after_one_and_two_seconds_and_then_not_at_all() {
    let bench = Bench::new(CURED, NOBODY, FAILING);
    is_away(&bench.post(PATH).await, OPEN / 1000);
    let came = bench.upstream.came();
    let pauses: Vec<u64> = came.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs()).collect();
    assert_eq!(pauses, [1, 2], "three attempts: the fourth would begin after the deadline");

    bench.upstream.becomes(GOOD);
    bench.pass(OPEN - 1);
    is_away(&bench.post(PATH).await, 1);
    assert_eq!(bench.upstream.came().len(), 3, "while the breaker is open there is no call");

    bench.pass(1);
    bench.upstream.becomes(FAILING);
    let answers = join_all((0..20).map(|_| bench.post(PATH))).await;
    assert!(answers.iter().all(|answer| answer.status == 503), "{answers:?}");
    assert_eq!(bench.upstream.came().len(), 4, "one trial, without a retry");

    bench.pass(OPEN);
    bench.upstream.becomes(GOOD);
    let answer = bench.post(PATH).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "value": 42 })));
    let state = bench.ask(TestRequest::get().uri("/test-fault/state")).await.body;
    assert_eq!((&state["upstream"]["breaker"], &state["upstream"]["failures"]), (&json!("closed"), &json!(0)));
    assert_eq!(state["upstream"]["last_good"]["value"], 42);
}

#[tokio::test]
async fn a_failure_that_passes_is_not_seen_by_the_caller() {
    let bench = Bench::new(CURED, NOBODY, FAILING);
    let recovers = eventually("the first attempt", async || {
        (!bench.upstream.came().is_empty()).then(|| bench.upstream.becomes(GOOD))
    });
    let (answer, ()) = futures_util::future::join(bench.post(PATH), recovers).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "value": 42 })));
}

#[tokio::test]
async fn a_silent_or_absent_upstream_is_asked_as_often_as_the_deadline_allows() {
    let silent = Bench::new(CURED, NOBODY, Mood::Silent);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let absent = Bench::asking(CURED, NOBODY, Double::start(GOOD), &format!("http://127.0.0.1:{free}"));
    let (one, two) = futures_util::future::join(silent.post(PATH), absent.post(PATH)).await;
    is_away(&one, 1);
    is_away(&two, OPEN / 1000);
    assert_eq!(silent.upstream.came().len(), 2);
}

#[tokio::test]
async fn replays_obey_the_breaker_and_count_like_others() {
    let bench = Bench::new(CURED, NOBODY, WRONG);
    let replay = || TestRequest::post().uri(PATH).insert_header(("x-kintsugi-replay", "kr-7"));
    for _ in 0..OPENS_AFTER {
        is_away_or_open(&bench.ask(replay()).await);
    }
    is_away(&bench.post(PATH).await, OPEN / 1000);
    is_away(&bench.ask(replay()).await, OPEN / 1000);
    assert_eq!(bench.upstream.came().len(), 3);
}

#[track_caller]
fn is_away_or_open(answer: &Answer) {
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!("upstream_away")), "{answer:?}");
}

#[tokio::test]
async fn the_outcome_counts_although_the_caller_has_gone() {
    let bench = Bench::new(CURED, NOBODY, Mood::Silent);
    let asked = eventually("the call", async || (!bench.upstream.came().is_empty()).then_some(()));
    let gone = futures_util::future::select(Box::pin(bench.post(PATH)), Box::pin(asked)).await;
    drop(gone);
    bench.upstream.becomes(WRONG);
    let failures = eventually("the failures", async || {
        let failures = bench.app.upstream.resilience.state().await.0.breaker.failures;
        (failures == 2).then_some(failures)
    });
    assert_eq!(failures.await, 2, "the attempt that nobody waits for, and its retry");
}
