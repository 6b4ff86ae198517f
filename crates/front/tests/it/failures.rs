//! Upstreams that fail, and requests that cannot be passed on.

use crate::running::{Running, problem, scripted, start, start_with, upstream};
use reqwest::{Method, StatusCode};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async fn ask(front: &Running, method: Method) -> (u16, String) {
    problem(front.request(method, "/x").send().await.expect("an answer")).await
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_bad_gateway() {
    let front = start("http://127.0.0.1:1");
    front.route(1, &[("/", "http://127.0.0.1:1", "gone")]).await;
    for method in [Method::GET, Method::POST] {
        assert_eq!(ask(&front, method).await, (502, "upstream_unreachable".into()));
    }
    let developer = front.request(Method::GET, "/developer/incidents").send().await.expect("an answer");
    assert_eq!(problem(developer).await, (502, "upstream_unreachable".into()));
    let label = front.label("gone").await;
    assert_eq!((label.answers["GET /x 5xx"], label.answers["POST /x 5xx"]), (1, 1));
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_is_a_gateway_time_out() {
    let front = start_with("http://127.0.0.1:1", 200);
    let (listener, url) = testkit::listener();
    front.route(1, &[("/", &url, "silent")]).await;
    let begun = Instant::now();
    assert_eq!(ask(&front, Method::GET).await, (504, "upstream_timeout".into()));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(listener);
}

#[tokio::test]
async fn a_closed_connection_is_tried_once_more_when_that_does_no_harm() {
    let front = start("http://127.0.0.1:1");
    let (url, count) = scripted(&["", OK, "", OK, "", ""], &front.stop);
    front.route(1, &[("/", &url, "l")]).await;
    assert_eq!(front.text("/").await, "ok", "nothing was asked that could be done twice");
    assert_eq!(ask(&front, Method::POST).await, (502, "upstream_closed".into()));
    assert_eq!(count.load(Ordering::SeqCst), 3, "a POST is sent once");
    assert_eq!(front.request(Method::PUT, "/").body("x").send().await.expect("an answer").status(), StatusCode::OK);
    assert_eq!(ask(&front, Method::GET).await, (502, "upstream_closed".into()));
    assert_eq!(count.load(Ordering::SeqCst), 6, "and no more than once");
}

#[tokio::test]
async fn what_is_not_http_is_a_bad_gateway() {
    let front = start("http://127.0.0.1:1");
    let (url, _) = scripted(&["nonsense\r\n\r\n"], &front.stop);
    front.route(1, &[("/", &url, "l")]).await;
    assert_eq!(ask(&front, Method::GET).await, (502, "upstream_malformed".into()));
}

/// The whole answer; when it breaks off soon, not even its head may come.
async fn whole(front: &Running) -> reqwest::Result<String> {
    front.request(Method::GET, "/").send().await?.text().await
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_whole_answer_to_the_caller() {
    let front = start_with("http://127.0.0.1:1", 300);
    let (url, _) = scripted(&["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart"], &front.stop);
    front.route(1, &[("/", &url, "l")]).await;
    whole(&front).await.expect_err("the body is not whole");
    let (url, _) = scripted(&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n"], &front.stop);
    front.route(2, &[("/", &url, "l")]).await;
    whole(&front).await.expect_err("the body is not whole");
    let idle = async || (front.label("l").await.in_flight == 0).then_some(());
    testkit::eventually("nothing is under way", Duration::from_secs(5), idle).await;
}

/// The connection was closed without an answer: so the server treats a body whose framing is broken.
const CLOSED: &str = "closed";

/// What the front answers to bytes that no well-behaved client sends.
async fn raw(front: &Running, text: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(front.base.trim_start_matches("http://")).await.expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
    let length = read.expect("an answer in time").expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn odd_requests_are_answered() {
    let front = start_with("http://127.0.0.1:1", 1_000);
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "l")]).await;
    let cases = [
        ("OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", "404"),
        ("GET http://elsewhere/ HTTP/1.1\r\nhost: x\r\n\r\n", "200"),
        ("GET / HTTP/1.0\r\n\r\n", "200"),
        ("CONNECT elsewhere:80 HTTP/1.1\r\nhost: x\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc", "408"),
        ("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n", "413"),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", CLOSED),
        ("nonsense\r\n\r\n", "400"),
    ];
    for (text, wanted) in cases {
        let answer = raw(&front, text).await;
        let status = answer.split(' ').nth(1).unwrap_or(CLOSED);
        assert_eq!(status, wanted, "{text:?}: {answer}");
    }
}
