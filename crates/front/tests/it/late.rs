//! Reliefs and an upstream that is slow but right, or asked for what it cannot give.

use crate::relief::{LONG, Moody, breaker, get, moody, paths, put, relief, stale, table};
use crate::running::{Running, problem, start_with};
use reqwest::Method;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::relief::Ease;

async fn answers(front: &Running) -> Vec<(String, u64)> {
    front.label("tiny/blue/1").await.answers.into_iter().collect()
}

#[tokio::test]
async fn a_breaker_waits_for_a_right_answer_as_long_as_without_it_and_then_closes() {
    let front = start_with("http://127.0.0.1:1", 20_000);
    let up = moody(&front.stop);
    up.status.store(1, Ordering::SeqCst);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[breaker()], LONG)).await;
    let post = front.request(Method::POST, "/data").send().await.expect("an answer");
    assert_eq!((post.status().as_u16(), relief(&post)), (200, None));
    let (one, other) = tokio::join!(get(&front, "/data"), get(&front, "/data"));
    assert_eq!((one.status().as_u16(), other.status().as_u16()), (200, 200), "the try has closed it");
    assert_eq!(answers(&front).await, [("GET /data 2xx".into(), 2), ("POST /data 2xx".into(), 1)]);
}

#[tokio::test]
async fn whoever_is_only_not_waited_for_has_not_failed() {
    let front = start_with("http://127.0.0.1:1", 20_000);
    let up = moody(&front.stop);
    let eases = [stale(), Ease::Breaker { paths: paths(), retry_after_s: 30 }];
    put(&front, &table(1, &up.url, "tiny/blue/1", &eases, LONG)).await;
    assert_eq!(relief(&get(&front, "/data").await), None, "the try goes well");
    up.status.store(1, Ordering::SeqCst);
    assert_eq!(relief(&get(&front, "/data").await), Some("stale"));
    assert_eq!(answers(&front).await, [("GET /data 2xx".into(), 1)], "it is no failure of the version");
    up.status.store(200, Ordering::SeqCst);
    assert_eq!(relief(&get(&front, "/data").await), None, "nor one that opens the breaker");
}

/// Asks, with an upstream that hangs, and again: a breaker that is not closed lets only the first one through.
async fn assert_one_is_tried(front: &Running, up: &Moody, asked_before: usize) {
    up.status.store(0, Ordering::SeqCst);
    let mut hanging = tokio::task::JoinSet::new();
    hanging.spawn(front.request(Method::GET, "/data").send());
    let arrived = async || (up.asked.load(Ordering::SeqCst) == asked_before + 1).then_some(());
    testkit::eventually("the next one is tried", Duration::from_secs(5), arrived).await;
    assert_eq!(problem(get(front, "/data").await).await, (503, "relief_breaker".into()));
}

fn slow_breaker() -> [Ease; 1] {
    [Ease::Breaker { paths: paths(), retry_after_s: 30 }]
}

#[tokio::test]
async fn a_request_that_was_never_passed_on_neither_closes_a_breaker_nor_takes_its_try() {
    let front = start_with("http://127.0.0.1:1", 20_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &slow_breaker(), LONG)).await;
    let address = front.base.trim_start_matches("http://").to_owned();
    let mut caller = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let head = "POST /data HTTP/1.1\r\nhost: a\r\ncontent-length: 999999999\r\n\r\n";
    caller.write_all(head.as_bytes()).await.expect("sent");
    let mut first = [0; 12];
    caller.read_exact(&mut first).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 413");
    assert_one_is_tried(&front, &up, 0).await;
}

#[tokio::test]
async fn a_try_whose_caller_was_wrong_neither_closes_a_breaker_nor_keeps_it_open() {
    let front = start_with("http://127.0.0.1:1", 20_000);
    let up = moody(&front.stop);
    up.status.store(404, Ordering::SeqCst);
    put(&front, &table(1, &up.url, "tiny/blue/1", &slow_breaker(), LONG)).await;
    assert_eq!(get(&front, "/data").await.status(), 404);
    assert_one_is_tried(&front, &up, 1).await;
}
