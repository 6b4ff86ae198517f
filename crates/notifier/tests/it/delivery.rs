//! Each message once, in order, in spite of what receivers do.

use crate::receiver::Receiver;
use crate::running::now;
use crate::running::{LIMIT, start};
use crate::store::Store;
use actix_web::HttpResponse;
use chrono::TimeDelta;
use reqwest::Method;
use testkit::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_that_matters_is_told_once_signed_and_in_order() {
    let (store, receiver, database) = (Store::default(), Receiver::new(|_, _| None), testkit::database().await);
    let notifier = start(&store.serve(), database.url(), Some(&receiver.serve()));
    notifier.ready().await;
    let ids: Vec<_> = (0..20).map(|n| store.detect(now(), &format!("fault {n}"))).collect();
    store.escalate(ids[0], now());
    let all = async || (receiver.taken().len() == 21).then_some(());
    eventually("all are told", LIMIT, all).await;
    let wanted: Vec<String> = ids.iter().map(|id| format!("{id}-1")).chain([format!("{}-2", ids[0])]).collect();
    assert_eq!((receiver.ids(), receiver.repeated()), (wanted, 0));
    let last = receiver.taken().pop().unwrap();
    assert_eq!(last["type"], "dev.kintsugi.incident.escalated");
    assert_eq!(last["data"]["needs_person"], true);
    assert_eq!(last["data"]["link"], format!("http://dash.test/developer/incidents#/incidents/{}", ids[0]));
    let delivered = eventually("it is written down", LIMIT, async || {
        let answer = notifier.call(Method::GET, "/v1/deliveries", Some("operator")).await.1;
        (answer["sinks"][0]["delivered"] == 21).then_some(answer)
    });
    assert!(!delivered.await.to_string().contains("secret-token"), "the URL is told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_overloaded_gets_it_later_and_one_that_refuses_does_not_hold_up_the_rest() {
    let receiver = Receiver::new(|message, attempt| match message["data"]["text"].as_str().unwrap() {
        "bad" => Some(HttpResponse::BadRequest().finish()),
        "busy" if attempt < 4 => Some(HttpResponse::ServiceUnavailable().insert_header(("retry-after", "0")).finish()),
        "moved" => Some(HttpResponse::TemporaryRedirect().insert_header(("location", "/moved")).finish()),
        _ => None,
    });
    let (store, database) = (Store::default(), testkit::database().await);
    let notifier = start(&store.serve(), database.url(), Some(&receiver.serve()));
    notifier.ready().await;
    let ids = ["busy", "bad", "moved", "good"].map(|text| store.detect(now(), text));
    eventually("the good one is told", LIMIT, async || (receiver.taken().len() == 2).then_some(())).await;
    let [busy, bad, moved, good] = ids.map(|id| format!("{id}-1"));
    assert_eq!(receiver.ids(), [busy.clone(), good.clone()]);
    let attempts = [&busy, &bad, &moved, &good].map(|id| receiver.attempts(id));
    assert_eq!(attempts, [4, 4, 4, 1]);
    let dead = eventually("the dead letters are kept", LIMIT, async || {
        let answer = notifier.call(Method::GET, "/v1/deliveries", Some("operator")).await.1;
        (answer["dead_letters"].as_array().unwrap().len() == 2).then_some(answer["dead_letters"].clone())
    });
    let mut refused: Vec<String> =
        dead.await.as_array().unwrap().iter().map(|letter| letter["message"].as_str().unwrap().to_owned()).collect();
    refused.sort();
    assert_eq!(refused, [bad, moved]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_is_shown_while_nobody_listens() {
    let (store, database) = (Store::default(), testkit::database().await);
    let notifier = start(&store.serve(), database.url(), Some("http://127.0.0.1:1/hook/secret-token"));
    notifier.ready().await;
    store.detect(now(), "fault");
    let trouble = eventually("it says what is wrong", LIMIT, async || {
        let answer = notifier.call(Method::GET, "/v1/deliveries", Some("operator")).await.1;
        let trouble = answer["trouble"].clone();
        (trouble["attempts"].as_u64() > Some(1)).then_some(trouble)
    })
    .await;
    assert!(!trouble["why"].as_str().unwrap().is_empty() && !trouble.to_string().contains("secret-token"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_receiver_is_not_flooded_with_what_is_long_past() {
    let (store, receiver, database) = (Store::default(), Receiver::new(|_, _| None), testkit::database().await);
    store.detect(now() - TimeDelta::hours(1), "long past");
    let notifier = start(&store.serve(), database.url(), Some(&receiver.serve()));
    notifier.ready().await;
    store.detect(now() + TimeDelta::seconds(5), "now");
    eventually("the new one is told", LIMIT, async || (!receiver.taken().is_empty()).then_some(())).await;
    assert_eq!(receiver.taken()[0]["data"]["text"], "now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_tells_and_the_other_takes_over_when_it_stops() {
    let (store, receiver, database) = (Store::default(), Receiver::new(|_, _| None), testkit::database().await);
    let (base, hook) = (store.serve(), receiver.serve());
    let first = start(&base, database.url(), Some(&hook));
    first.ready().await;
    store.detect(now(), "one");
    eventually("the first tells", LIMIT, async || (receiver.taken().len() == 1).then_some(())).await;
    let second = start(&base, database.url(), Some(&hook));
    second.ready().await;
    for n in 0..10 {
        store.detect(now(), &format!("more {n}"));
    }
    first.stop();
    for n in 0..10 {
        store.detect(now(), &format!("even more {n}"));
    }
    eventually("the second goes on", LIMIT, async || (receiver.taken().len() == 21).then_some(())).await;
    // What the first was telling when it stopped may have come twice, under one id.
    assert!(receiver.repeated() <= 1, "{}", receiver.repeated());
}
