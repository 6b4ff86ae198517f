//! Bodies pass as they come, and are bounded.

use crate::running::{problem, start, upstream};
use futures::{StreamExt, stream};
use reqwest::{Body, Method};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

fn chunks(count: usize) -> Body {
    let part = vec![b'x'; 64 << 10];
    Body::wrap_stream(stream::iter((0..count).map(move |_| Ok::<_, std::io::Error>(part.clone()))))
}

#[tokio::test]
async fn a_part_of_an_answer_arrives_before_its_end() {
    let front = start("http://127.0.0.1:1");
    let (listener, url) = testkit::listener();
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let (go_on, word) = oneshot::channel::<()>();
    front.stop.spawn("slow", async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _read = stream.read(&mut [0; 4096]).await;
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
        stream.write_all(head.as_bytes()).await.expect("sent");
        let _told = word.await;
        stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.expect("sent");
    });
    front.route(1, &[("/", &url, "l")]).await;
    let answer = front.request(Method::GET, "/").send().await.expect("the head");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut parts = answer.bytes_stream();
    assert_eq!(parts.next().await.expect("a part").expect("bytes"), "first");
    assert_eq!(front.label("l").await.in_flight, 1, "it is still under way");
    go_on.send(()).expect("the upstream waits");
    assert_eq!(parts.next().await.expect("a part").expect("bytes"), "second");
    assert!(parts.next().await.is_none());
    let idle = async || (front.label("l").await.in_flight == 0).then_some(());
    testkit::eventually("nothing is under way", Duration::from_secs(5), idle).await;
}

#[tokio::test]
async fn when_a_caller_vanishes_its_upstream_hears_of_it_although_nothing_is_sent() {
    for is_cut_off in [false, true] {
        let front = start("http://127.0.0.1:1");
        let (listener, url) = testkit::listener();
        listener.set_nonblocking(true).expect("a listener");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        front.route(1, &[("/", &url, "l")]).await;
        let address = front.base.trim_start_matches("http://").to_owned();
        let mut caller = tokio::net::TcpStream::connect(&address).await.expect("a connection");
        caller.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("asked");
        let (mut upstream, _) = listener.accept().await.expect("a connection");
        assert!(upstream.read(&mut [0; 4096]).await.expect("a request") > 0);
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
        upstream.write_all(head.as_bytes()).await.expect("sent");
        let mut told = Vec::new();
        while !told.ends_with(b"first\r\n") {
            assert!(caller.read_buf(&mut told).await.expect("the answer") > 0);
        }
        if is_cut_off {
            caller.set_zero_linger().expect("cut off");
        }
        drop(caller);
        let end = tokio::time::timeout(Duration::from_secs(10), upstream.read(&mut [0; 16])).await;
        assert_eq!(end.expect("the upstream hears of it").expect("an end"), 0);
        let idle = async || (front.label("l").await.in_flight == 0).then_some(());
        testkit::eventually("nothing is under way", Duration::from_secs(5), idle).await;
    }
}

#[tokio::test]
async fn large_bodies_pass_up_to_the_bound() {
    let front = start("http://127.0.0.1:1");
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "l")]).await;
    let length = async |body: Body| {
        let answer = front.request(Method::POST, "/echo").body(body).send().await.expect("an answer");
        answer.json::<serde_json::Value>().await.expect("JSON")["length"].clone()
    };
    assert_eq!(length(Body::from("")).await, 0);
    assert_eq!(length(Body::from(vec![b'x'; 60 << 10])).await, 60 << 10, "kept whole");
    assert_eq!(length(Body::from(vec![b'x'; 8 << 20])).await, 8 << 20, "as it comes");
    assert_eq!(length(chunks(100)).await, 100 * (64 << 10), "without a length");
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused() {
    let front = start("http://127.0.0.1:1");
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "l")]).await;
    let declared =
        front.request(Method::POST, "/echo").header("content-length", 11 << 20).body(Vec::new()).send().await;
    if let Ok(answer) = declared {
        assert_eq!(problem(answer).await, (413, "too_large".into()));
    }
    let answer = front.request(Method::POST, "/echo").body(chunks(200)).send().await.expect("an answer");
    assert_eq!(problem(answer).await, (413, "too_large".into()));
}
