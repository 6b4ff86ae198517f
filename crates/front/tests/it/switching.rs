//! No request fails through a switch: a caller at a constant rate, twenty switches, and each old upstream is stopped.

use crate::running::{Running, start, upstream};
use reqwest::Method;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

const SWITCHES: i64 = 20;
const REQUESTS: i64 = 300;
/// The rate: 200 a second.
const BETWEEN: Duration = Duration::from_millis(5);
/// A machine that is busy with other things gets fewer, or their number would grow without end.
const AT_ONCE: usize = 32;

/// Calls at a constant rate and answers what went wrong. It tells how many requests it has sent.
async fn call(front: &Running, methods: &[Method], sent: watch::Sender<i64>) -> Vec<String> {
    let (failures, calls) = (Arc::new(Mutex::new(Vec::new())), chassis::Stop::new());
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut ticks = tokio::time::interval(BETWEEN);
    for method in methods.iter().cycle().take(REQUESTS as usize).cloned() {
        ticks.tick().await;
        let permit = Arc::clone(&at_once).acquire_owned().await.expect("it is not closed");
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
            drop(permit);
        });
        sent.send_modify(|sent| *sent += 1);
    }
    calls.now();
    calls.finish().await.expect("every request ends");
    failures.lock().expect("the list").clone()
}

/// Switches as the deployer does, spread over the requests; with `drained` it waits until nothing is under way on the old
/// colour before it stops it.
async fn switch(front: &Running, drained: bool, mut sent: watch::Receiver<i64>) {
    let mut old = upstream("up", &front.stop);
    front.route(1, &[("/", &old.url, "label-1")]).await;
    for generation in 2..SWITCHES + 2 {
        let new = upstream("up", &front.stop);
        // The caller may have sent its last already.
        let _all_sent = sent.wait_for(|sent| *sent >= (generation - 1) * REQUESTS / (SWITCHES + 1)).await.is_err();
        front.route(generation, &[("/", &new.url, &format!("label-{generation}"))]).await;
        let label = format!("label-{}", generation - 1);
        if drained {
            let idle = async || (front.label(&label).await.in_flight == 0).then_some(());
            testkit::eventually("the old colour is idle", Duration::from_secs(10), idle).await;
        }
        // The server looks but once a second whether its last connection has ended; the next switch does not wait for that.
        front.stop.spawn("stop-old", old.handle.stop(true));
        old = new;
    }
}

async fn check(methods: &[Method], drained: bool) {
    let front = start("http://127.0.0.1:1");
    let first = upstream("up", &front.stop);
    front.route(0, &[("/", &first.url, "label-0")]).await;
    let (tell, sent) = watch::channel(0);
    let (failures, ()) = tokio::join!(call(&front, methods, tell), switch(&front, drained, sent));
    assert!(failures.is_empty(), "{} of {REQUESTS} requests failed: {failures:#?}", failures.len());
    let mut counted = Vec::new();
    for generation in 0..SWITCHES + 2 {
        counted.push(front.label(&format!("label-{generation}")).await.answers.values().sum::<u64>());
    }
    assert_eq!(counted.iter().sum::<u64>(), REQUESTS as u64, "each request was answered by one colour: {counted:?}");
    assert!(counted.iter().filter(|count| **count > 0).count() > 5, "the switches were amid them: {counted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_when_the_old_colour_is_drained_before_it_stops() {
    check(&[Method::GET, Method::POST, Method::PUT], true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_without_effect_fails_when_the_old_colour_stops_at_once() {
    check(&[Method::GET, Method::PUT], false).await;
}
