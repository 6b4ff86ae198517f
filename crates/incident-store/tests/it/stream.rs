//! The stream: live, resumed without a gap or a repetition, cut and ended in order.

use crate::listener::{Frame, Last, Listener, ask};
use crate::setup::{FAULTS, Fixture, beside, start, start_with, started};
use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use wire::Cursor;
use wire::event::Step;

const LIMIT: Duration = Duration::from_secs(20);

async fn clients(store: &Fixture) -> u64 {
    let (status, stats) = store.get("/developer/incidents/api/stream/stats", "operator").await;
    assert_eq!(status, 200);
    stats["clients"].as_u64().expect("a number")
}

async fn wait_for_clients(store: &Fixture, wanted: u64) {
    let what = format!("{wanted} clients");
    eventually(&what, LIMIT, async || (clients(store).await == wanted).then_some(())).await;
}

/// The ids of everything that happened, as the feed tells it, once it tells so many.
async fn feed(store: &Fixture, count: usize) -> Vec<String> {
    eventually("the feed is whole", LIMIT, async || {
        let mut ids = Vec::new();
        let mut after = Cursor::default();
        loop {
            let page = store.operator.feed(after, 500, Duration::ZERO).await.unwrap();
            if page.events.is_empty() {
                return (ids.len() >= count).then_some(ids);
            }
            ids.extend(page.events.iter().map(|event| event.cursor.to_string()));
            after = page.next;
        }
    })
    .await
}

fn ids(frames: &[Frame]) -> Vec<String> {
    frames.iter().filter_map(|frame| frame.id.clone()).collect()
}

/// Events of one incident, written at once.
async fn write(store: &Fixture, count: usize, text: &str) {
    let incident = store.fault(FAULTS[0]).await.incident;
    let sql = format!(
        "INSERT INTO incident_events (incident_id, position, kind, key, payload, at, hash) \
         SELECT '{incident}', 1000 + n, 'suppressed', 'k' || n, '{{\"why\":\"{text}\"}}', now(), repeat('0', 64) \
         FROM generate_series(1, {count}) AS n"
    );
    store.sql().await.batch_execute(&sql).await.expect("written");
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens_with_what_a_row_of_a_list_needs() {
    let store = start().await;
    let mut listener = Listener::open(&store, Last::Nowhere).await;
    let hello = listener.next().await.unwrap();
    assert_eq!((hello.event.as_str(), hello.data), ("hello", json!({"epoch": 1, "paused": false})));
    let lease = store.leased().await;
    let created = listener.next().await.unwrap();
    assert_eq!(created.event, "created");
    let wanted = json!({"incident": lease.incident.id, "position": 1, "kind": "detected", "target": "first",
        "code": "FAULT_A", "severity": "critical", "status": "detected", "occurrences": 1});
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(created.data[key], *value, "{key}");
    }
    assert!(created.data["text"].as_str().unwrap().contains("it broke"), "{created:?}");
    assert_eq!(created.id.as_deref(), created.data["cursor"].as_str());
    store.append(&lease, 2, started(Step::Analyze, 1)).await.unwrap();
    let progress = listener.next().await.unwrap();
    assert_eq!((progress.event.as_str(), &progress.data["step"]), ("healing_progress", &json!("analyze")));
    assert_eq!(progress.data["status"], "analyzing");
}

#[tokio::test]
async fn a_pause_its_end_and_a_reset_are_told() {
    let store = start().await;
    let mut listener = Listener::greeted(&store, Last::Nowhere).await;
    store.operator.pause().await.unwrap();
    assert_eq!(listener.next().await.unwrap().event, "healing_paused");
    store.operator.resume().await.unwrap();
    assert_eq!(listener.next().await.unwrap().event, "healing_resumed");
    store.fault(FAULTS[0]).await;
    store.operator.reset().await.unwrap();
    let reset = listener.until("reset").await;
    assert_eq!((reset.id, &reset.data["epoch"], &reset.data["paused"]), (None, &json!(2), &json!(true)));
    let hello = Listener::open(&store, Last::Nowhere).await.next().await.unwrap();
    assert_eq!(hello.data["epoch"], 2, "who comes later knows it, too");
}

/// A client that changes between two stores while things happen; what it was told.
async fn wander(one: &Fixture, two: &Fixture, rounds: usize) -> Vec<String> {
    one.fault(FAULTS[1]).await;
    let mut listener = Listener::greeted(one, Last::Query("0-0")).await;
    let mut told = ids(&listener.events(1).await);
    for round in 0..rounds {
        let (writer, reader) = if round % 2 == 0 { (one, two) } else { (two, one) };
        // Some are told before it leaves, some while it is away, some after it is back.
        writer.fault(FAULTS[0]).await;
        if round % 3 == 0 {
            told.extend(ids(&listener.events(1).await));
        }
        let before = told.len();
        let (_, resumed) = tokio::join!(writer.fault(FAULTS[0]), listener.resume(reader));
        listener = resumed;
        reader.fault(FAULTS[0]).await;
        let owed = (round + 1) * 3 + 1 - before;
        told.extend(ids(&listener.events(owed).await));
    }
    told
}

#[tokio::test]
async fn who_comes_back_at_another_replica_misses_nothing_and_hears_nothing_twice() {
    let store = start_with(|parts| parts.redis_url = Some(testkit::redis().into())).await;
    let other = beside(&store).await;
    let told = wander(&store, &other, 12).await;
    assert_eq!(told, feed(&store, told.len()).await);
}

#[tokio::test]
async fn without_redis_it_is_the_same_only_later() {
    let store = start_with(|parts| parts.redis_url = Some("redis://127.0.0.1:9".to_owned().into())).await;
    let other = beside(&store).await;
    let told = wander(&store, &other, 3).await;
    assert_eq!(told, feed(&store, told.len()).await);
}

#[tokio::test]
async fn an_answer_of_the_data_says_where_the_stream_goes_on() {
    let store = start().await;
    store.fault(FAULTS[0]).await;
    feed(&store, 1).await;
    let (_, data) = store.get("/developer/incidents/api/data", "operator").await;
    let cursor = data["cursor"].as_str().expect("a cursor").to_owned();
    store.fault(FAULTS[1]).await;
    let mut listener = Listener::greeted(&store, Last::Query(&cursor)).await;
    assert_eq!(listener.next().await.unwrap().data["code"], FAULTS[1]);
}

#[tokio::test]
async fn an_id_that_nobody_gave_out_means_ask_for_everything_again() {
    let store = start().await;
    store.fault(FAULTS[0]).await;
    let newest = feed(&store, 1).await.remove(0);
    // The stream's own reader follows the journal a moment later.
    eventually("the stream has read it", Duration::from_secs(10), async || {
        let told = Listener::greeted(&store, Last::Header("nonsense")).await.next().await?;
        (told.id.as_deref() == Some(newest.as_str())).then_some(())
    })
    .await;
    for unknown in ["nonsense", "1", "-", "18446744073709551615-1", "1--1"] {
        let mut listener = Listener::greeted(&store, Last::Header(unknown)).await;
        let resync = listener.next().await.unwrap();
        assert_eq!((resync.event.as_str(), resync.id.as_deref()), ("resync", Some(newest.as_str())), "{unknown}");
        drop(listener);
    }
    let mut listener = Listener::greeted(&store, Last::Header("nonsense")).await;
    store.fault(FAULTS[1]).await;
    listener.until("resync").await;
    assert_eq!(listener.next().await.unwrap().event, "created", "the stream goes on");
}

#[tokio::test]
async fn who_was_away_for_longer_than_is_kept_is_told_so_also_after_a_restart() {
    let store = start().await;
    write(&store, 1_500, "so").await;
    let all = feed(&store, 1_501).await;
    let other = beside(&store).await;
    let resync = Listener::greeted(&other, Last::Header(&all[0])).await.next().await.unwrap();
    assert_eq!((resync.event.as_str(), resync.id.as_ref()), ("resync", all.last()));
    let from = all.len() - 900;
    let mut kept = Listener::greeted(&other, Last::Header(&all[from - 1])).await;
    assert_eq!(ids(&kept.events(900).await), all[from..], "what happened before it began is kept, too");
}

#[tokio::test]
async fn an_idle_stream_shows_that_it_lives_and_a_stop_is_told() {
    let store = start_with(|parts| parts.settings.stream_beat_ms = 100).await;
    let mut listener = Listener::greeted(&store, Last::Nowhere).await;
    let ping = listener.next().await.unwrap();
    assert_eq!((ping.event.as_str(), ping.id), ("ping", None));
    let begun = Instant::now();
    store.stop.now();
    listener.until("bye").await;
    assert_eq!(listener.next().await, None);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn there_are_no_more_clients_than_may_be() {
    let store = start_with(|parts| parts.settings.stream_clients = 2).await;
    let one = Listener::greeted(&store, Last::Nowhere).await;
    let _two = Listener::greeted(&store, Last::Nowhere).await;
    let refused = ask(&store, Last::Nowhere).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    drop(one);
    wait_for_clients(&store, 1).await;
    Listener::greeted(&store, Last::Nowhere).await;
}

/// A client that reads the head and then nothing.
async fn silent(store: &Fixture, buffer: Option<u32>) -> TcpStream {
    let address = store.base.trim_start_matches("http://").parse().expect("an address");
    let socket = TcpSocket::new_v4().expect("a socket");
    buffer.map(|bytes| socket.set_recv_buffer_size(bytes)).transpose().expect("a buffer");
    let mut stream = socket.connect(address).await.expect("a connection");
    let token = testkit::token("operator");
    let head =
        format!("GET /developer/incidents/api/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("asked");
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.expect("answered");
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

#[tokio::test]
async fn who_vanishes_is_noticed_although_nothing_is_told() {
    let store = start().await;
    let mut there = Vec::new();
    for _ in 0..200 {
        there.push(silent(&store, None).await);
    }
    wait_for_clients(&store, 200).await;
    // Half of them say goodbye, half are cut off.
    for (number, stream) in there.drain(..).enumerate() {
        if number % 2 == 0 {
            stream.set_zero_linger().expect("cut off");
        }
        drop(stream);
    }
    wait_for_clients(&store, 0).await;
}

#[tokio::test]
async fn who_takes_nothing_is_cut_and_everybody_else_is_told_everything() {
    const COUNT: usize = 20_000;
    let store = start_with(|parts| {
        (parts.settings.stream_stalled_ms, parts.settings.stream_beat_ms) = (500, 200);
    })
    .await;
    let stalled = silent(&store, Some(4_096)).await;
    let mut listener = Listener::greeted(&store, Last::Nowhere).await;
    wait_for_clients(&store, 2).await;
    write(&store, COUNT, &"x".repeat(290)).await;
    let mut told = Vec::new();
    while told.len() < COUNT + 1 {
        // One that is too slow for a moment is cut as well, and comes again where it was.
        match listener.next().await {
            Some(frame) => told.extend(frame.id),
            None => listener = listener.resume(&store).await,
        }
    }
    assert_eq!(told, feed(&store, COUNT + 1).await);
    wait_for_clients(&store, 1).await;
    drop(stalled);
}
