//! `POST /test-fault/retry-storm`.

use super::bodies::{CURED, ORIGINAL};
use super::double::Mood;
use super::harness::{Bench, NOBODY, database};
use actix_web::test::TestRequest;
use serde_json::json;

const PATH: &str = "/test-fault/retry-storm";
const GOOD: Mood = Mood::Says(200, r#"{"value":42}"#);
const BUSY: Mood = Mood::Says(503, "{}");

#[tokio::test]
async fn the_original_calls_a_busy_upstream_again_and_again_at_once() {
    let bench = Bench::new(ORIGINAL, NOBODY, BUSY);
    let answer = bench.post(PATH).await;
    assert_eq!((answer.status, &answer.body["code"]), (502, &json!("retry_storm")), "{answer:?}");
    bench.is_reported(&answer, "FAULT_RETRY_STORM", "attempts");
    assert_eq!(bench.upstream.came().len(), 31);
    let pressure = bench.ask(TestRequest::get().uri("/test-fault/pressure/upstream")).await;
    assert_eq!((pressure.status, pressure.body), (503, json!({ "ok": false, "count": 31 })));
}

#[tokio::test]
async fn the_cured_body_calls_three_times_with_growing_pauses_and_then_says_when_to_ask_again() {
    let Some(database) = database() else { return };
    let bench = Bench::new(CURED, &database, BUSY);
    let answer = bench.post(PATH).await;
    assert_eq!((answer.status, &answer.body["code"]), (503, &json!("upstream_away")), "{answer:?}");
    assert_eq!(answer.retry_after, Some(1));
    let came = bench.upstream.came();
    let pauses: Vec<u128> = came.windows(2).map(|pair| (pair[1].at - pair[0].at).as_millis()).collect();
    assert!(matches!(pauses[..], [first, second] if first >= 100 && second >= 200), "{pauses:?}");
    bench.upstream.becomes(GOOD);
    let answer = bench.post(PATH).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "value": 42 })));
    assert_eq!((bench.upstream.came().len(), bench.reports()), (4, 0), "a good answer is not asked for twice");
}
