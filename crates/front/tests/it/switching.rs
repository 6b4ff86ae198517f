//! No request fails through a switch: a caller at a constant rate, twenty switches, and each old upstream is stopped.

use crate::running::{Running, start, upstream};
use reqwest::Method;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SWITCHES: i64 = 20;
/// At 5 ms each the caller outlives the switches only if it goes on until they are done; this is the least.
const REQUESTS: usize = 300;
const BETWEEN: Duration = Duration::from_millis(5);

/// Calls at a constant rate until the switches are done, and answers what went wrong and how many requests there were.
async fn call(front: &Running, methods: &[Method], over: &std::sync::atomic::AtomicBool) -> (Vec<String>, usize) {
    let (failures, calls) = (Arc::new(Mutex::new(Vec::new())), chassis::Stop::new());
    let mut ticks = tokio::time::interval(BETWEEN);
    let mut sent = 0;
    while sent < REQUESTS || !over.load(std::sync::atomic::Ordering::SeqCst) {
        ticks.tick().await;
        let method = methods[sent % methods.len()].clone();
        let request = front.request(method.clone(), "/orders/1").body(if method == Method::GET { "" } else { "body" });
        let failures = Arc::clone(&failures);
        calls.spawn("call", async move {
            let told = match request.send().await {
                Ok(answer) if answer.status() == 200 => answer.text().await.map_err(|error| format!("{error:?}")),
                Ok(answer) => Err(format!("{} {:?}", answer.status(), answer.text().await)),
                Err(error) => Err(format!("{error:?}")),
            };
            if let Err(why) = told {
                failures.lock().expect("the list").push(format!("{method}: {why}"));
            }
        });
        sent += 1;
    }
    calls.now();
    calls.finish().await.expect("every request ends");
    let failures = failures.lock().expect("the list").clone();
    (failures, sent)
}

/// Switches as the deployer does; with `drained` it waits until nothing is under way on the old colour before it stops it.
async fn switch(front: &Running, drained: bool, over: &std::sync::atomic::AtomicBool) {
    let mut old = upstream("up", &front.stop);
    front.route(1, &[("/", &old.url, "label-1")]).await;
    for generation in 2..SWITCHES + 2 {
        let new = upstream("up", &front.stop);
        front.route(generation, &[("/", &new.url, &format!("label-{generation}"))]).await;
        let label = format!("label-{}", generation - 1);
        if drained {
            let idle = async || (front.label(&label).await.in_flight == 0).then_some(());
            testkit::eventually("the old colour is idle", Duration::from_secs(5), idle).await;
        }
        old.handle.stop(true).await;
        old = new;
    }
    over.store(true, std::sync::atomic::Ordering::SeqCst);
}

async fn check(methods: &[Method], drained: bool) {
    let front = start("http://127.0.0.1:1");
    let first = upstream("up", &front.stop);
    front.route(0, &[("/", &first.url, "label-0")]).await;
    let over = std::sync::atomic::AtomicBool::new(false);
    let ((failures, sent), ()) = tokio::join!(call(&front, methods, &over), switch(&front, drained, &over));
    assert!(failures.is_empty(), "{} of {sent} requests failed: {failures:#?}", failures.len());
    let mut counted = 0;
    for generation in 0..SWITCHES + 2 {
        counted += front.label(&format!("label-{generation}")).await.answers.values().sum::<u64>();
    }
    assert_eq!(counted, sent as u64, "each request was answered by one colour");
    assert!(front.label(&format!("label-{}", SWITCHES / 2)).await.answers.values().sum::<u64>() > 0, "the switches were amid them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_when_the_old_colour_is_drained_before_it_stops() {
    check(&[Method::GET, Method::POST, Method::PUT], true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_without_effect_fails_when_the_old_colour_stops_at_once() {
    check(&[Method::GET, Method::PUT], false).await;
}
