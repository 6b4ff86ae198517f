//! Lines that are pushed over HTTP.

use crate::rig::{Embedded, LIMIT, Rig, fault};
use crate::store::Store;
use std::io::Write;
use std::net::TcpListener;
use wire::push::Pushed;
use wire::{Problem, paths};

const NDJSON: &str = "application/x-ndjson";

fn to_tiny(id: &str) -> String {
    fault(id).replace("{\"level\"", "{\"target\":\"tiny\",\"level\"")
}

async fn pushed(router: &Embedded, body: String) -> Pushed {
    let answer = router.push(NDJSON, body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[track_caller]
fn is_problem(status: u16, expected: u16, problem: &Problem, part: &str) {
    assert_eq!(status, expected, "{problem:?}");
    assert!(problem.message.contains(part), "{problem:?} should say {part:?}");
}

async fn refused(answer: reqwest::Response, expected: u16, part: &str) -> Problem {
    let status = answer.status().as_u16();
    let problem: Problem = answer.json().await.unwrap();
    is_problem(status, expected, &problem, part);
    problem
}

#[tokio::test]
async fn only_who_may_ingest_pushes_lines() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let url = format!("{}{}", router.base, paths::LOGS);
    for (token, status) in [
        (None, 401),
        (Some("wrong".to_owned()), 401),
        (Some(testkit::token("operator")), 403),
        (Some(testkit::token("healer")), 403),
        (Some(testkit::token("ingest")), 200),
    ] {
        let mut request =
            reqwest::Client::new().post(&url).header("content-type", NDJSON).body(to_tiny("e")).timeout(LIMIT);
        if let Some(token) = &token {
            request = request.bearer_auth(token);
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{token:?}");
    }
    store.event("e").await;
    assert_eq!(router.get(paths::LOGS, Some(&testkit::token("ingest"))).await.status(), 405);
}

#[tokio::test]
async fn lines_are_taken_one_by_one_and_a_bad_one_is_named() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let replay = to_tiny("replayed").replace("\"event_id\"", "\"replay\":\"kr-1\",\"event_id\"");
    let body =
        format!("{}no json\n\n{{\"target\":\"nobody\"}}\n{replay}{{\"message\":\"of nobody\"}}\n", to_tiny("e-1"));
    let answer = pushed(&router, body).await;
    assert_eq!((answer.accepted, answer.detections, answer.rejected), (2, 1, 3));
    let errors: Vec<_> = answer.errors.iter().map(|e| (e.line, e.message.as_str())).collect();
    assert!(errors[0].0 == 2 && errors[0].1.contains("one JSON object"), "{errors:?}");
    assert!(errors[1].0 == 3 && errors[1].1.contains("no target \"nobody\"; known: tiny"), "{errors:?}");
    assert!(errors[2].0 == 5 && errors[2].1.contains("?target="), "{errors:?}");
    assert_eq!(store.detections(1).await[0].event_id.as_str(), "e-1");
}

#[tokio::test]
async fn a_request_may_name_the_target_of_all_its_lines_and_text_is_taken_too() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    assert_eq!(router.push_to("?target=tiny", NDJSON, fault("e-1")).await.status(), 200);
    let text =
        "2026-11-22T10:00:00Z req-77 begun\r\nsomething else\r\n2026-11-22T10:00:01Z BOOM req-77\r\nafter \u{e4}\n";
    let answer = router.push_to("?target=tiny", "text/plain; charset=utf-8", text).await;
    let answer: Pushed = answer.json().await.unwrap();
    assert_eq!((answer.accepted, answer.detections), (4, 1));
    let detection = store.detections(2).await.remove(1);
    assert_eq!(detection.line.as_deref(), Some("2026-11-22T10:00:01Z BOOM req-77"));
    assert_eq!(detection.context[1..], ["2026-11-22T10:00:00Z req-77 begun", "something else", "after \u{e4}"]);
    assert!(
        detection.context[0].contains("e-1"),
        "lines of an earlier request are context, too: {:?}",
        detection.context
    );
    refused(router.push_to("?target=nobody", NDJSON, fault("x")).await, 422, "known: tiny").await;
    refused(router.push_to("?targt=tiny", NDJSON, fault("x")).await, 400, "target").await;
}

#[tokio::test]
async fn a_pushed_detection_says_what_the_line_says_and_holds_no_secret() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let line = format!(
        r#"{{"target":"tiny","marker":"BOOM","event_id":"e","msg":"for ann@example.org","service":"api","version":"v7","trace_id":"{trace}","password":"two words","shard":3}}"#
    );
    pushed(
        &router,
        format!("{{\"target\":\"tiny\",\"trace_id\":\"{trace}\",\"dsn\":\"pg://u:hunter2@db\"}}\n{line}\n"),
    )
    .await;
    let detection = store.detections(1).await.remove(0);
    let text = serde_json::to_string(&detection).unwrap();
    for secret in ["ann@", "two words", "hunter2"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!((detection.service.as_deref(), detection.version.as_deref()), (Some("api"), Some("v7")));
    assert!(detection.trace_parent.unwrap().contains(trace));
    assert_eq!(detection.fields["shard"], "3");
    assert_eq!(detection.context.len(), 1);
}

#[tokio::test]
async fn two_routers_that_are_sent_the_same_line_report_one_occurrence() {
    let store = Store::start();
    let rigs = [Rig::new(), Rig::new()];
    let line =
        "{\"target\":\"tiny\",\"marker\":\"BOOM\",\"ts\":\"2026-11-22T10:00:00Z\",\"message\":\"without an id\"}\n";
    let routers: Vec<Embedded> = rigs.iter().map(|rig| rig.embed(&store)).collect();
    for router in &routers {
        pushed(router, line.to_owned()).await;
    }
    let both = async || (store.told.lock().unwrap().all.len() >= 2).then_some(());
    testkit::eventually("both reports", LIMIT, both).await;
    assert_eq!(store.ids().len(), 1);
    pushed(&routers[0], line.replace("10:00:00", "10:00:01")).await;
    store.detections(2).await;
}

#[tokio::test]
async fn a_repeated_request_counts_once_when_it_says_so() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    for _ in 0..3 {
        let url = format!("{}{}?target=tiny", router.base, paths::LOGS);
        let request = reqwest::Client::new().post(url).bearer_auth(testkit::token("ingest")).timeout(LIMIT);
        let request = request.header("content-type", "text/plain").header("idempotency-key", "batch-7");
        assert_eq!(request.body("BOOM\nBOOM\n").send().await.unwrap().status(), 200);
    }
    assert_eq!(router.push_to("?target=tiny", "text/plain", "BOOM\n").await.status(), 200);
    let all = async || (store.told.lock().unwrap().all.len() >= 7).then_some(());
    testkit::eventually("all reports", LIMIT, all).await;
    assert_eq!(store.ids().len(), 3, "two lines that were sent three times, and one that was sent once");
}

#[tokio::test]
async fn what_was_accepted_while_the_store_was_away_survives_the_router() {
    let (rig, store) = (Rig::new(), Store::start());
    let (address, told) = store.end().await;
    let router = rig.embed_with(&address, |_| {});
    for batch in 0..20 {
        let lines: String = (0..10).map(|i| to_tiny(&format!("away-{batch}-{i}"))).collect();
        assert_eq!(pushed(&router, lines).await.detections, 10);
    }
    assert!(router.sources().await.targets[0].spooled > 10_000);
    drop(router);
    let listener = testkit::eventually("the port", LIMIT, async || TcpListener::bind(&address).ok()).await;
    let store = Store::at(listener, told);
    let router = rig.embed(&store);
    let ids: Vec<String> = store.detections(200).await.iter().map(|d| d.event_id.to_string()).collect();
    let expected: Vec<String> = (0..200).map(|i| format!("away-{}-{}", i / 10, i % 10)).collect();
    assert_eq!(ids, expected, "in their order");
    let empty = async || (router.sources().await.targets[0].spooled == 0).then_some(());
    testkit::eventually("an empty spool", LIMIT, empty).await;
}

#[tokio::test]
async fn a_full_spool_says_so_and_takes_all_of_it_later() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed_with(&store.address, |settings| settings.spool_max_bytes = 20_000);
    store.set_away(true);
    let mut accepted = 0;
    let answer = loop {
        let answer = router.push(NDJSON, to_tiny(&format!("e-{accepted}"))).await;
        if answer.status() != 200 {
            break answer;
        }
        accepted += 1;
    };
    assert!(accepted > 3, "{accepted}");
    assert_eq!(answer.headers()["retry-after"], "1");
    refused(answer, 503, "does not answer").await;
    assert_eq!(pushed(&router, "{\"target\":\"tiny\",\"message\":\"noise\"}\n".into()).await.accepted, 1);
    store.set_away(false);
    let again = async || (router.push(NDJSON, to_tiny("again")).await.status() == 200).then_some(());
    testkit::eventually("room", LIMIT, again).await;
    store.detections(accepted + 1).await;
}

#[tokio::test]
async fn a_body_is_bounded_and_may_be_compressed() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed_with(&store.address, |settings| settings.push_max_bytes = 100_000);
    let large = to_tiny("x").repeat(2_000);
    refused(router.push(NDJSON, large.clone()).await, 413, "100000 bytes").await;
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let send = async |coding: &str, body: Vec<u8>| {
        let url = format!("{}{}", router.base, paths::LOGS);
        let request = reqwest::Client::new().post(url).bearer_auth(testkit::token("ingest")).timeout(LIMIT);
        request.header("content-type", NDJSON).header("content-encoding", coding).body(body).send().await.unwrap()
    };
    assert_eq!(send("gzip", gzip(&to_tiny("packed"))).await.status(), 200);
    store.event("packed").await;
    refused(send("gzip", gzip(&large)).await, 413, "after decompression").await;
    refused(send("gzip", b"no gzip".to_vec()).await, 400, "no valid gzip").await;
    refused(send("br", b"x".to_vec()).await, 415, "gzip or none").await;
    refused(router.push("application/xml", "x").await, 415, "application/x-ndjson").await;
    refused(router.push(NDJSON, "no json\n").await, 400, "one JSON object").await;
    assert_eq!(pushed(&router, String::new()).await, Pushed::default());
}

#[tokio::test]
async fn bytes_that_are_no_text_and_50_000_lines_of_noise_do_no_harm() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed_with(&store.address, |settings| settings.push_max_bytes = 4 << 20);
    assert_eq!(router.push_to("?target=tiny", "text/plain", b"BOOM \xff\xfe\0 bytes\n".to_vec()).await.status(), 200);
    assert_eq!(store.detections(1).await[0].line.as_deref(), Some("BOOM \u{fffd}\u{fffd}\u{fffd} bytes"));
    let noise: String =
        (0..50_000).map(|i| format!("{{\"target\":\"tiny\",\"message\":\"BOOMERANG {i}\"}}\n")).collect();
    let answer = pushed(&router, format!("{noise}{}", to_tiny("last"))).await;
    assert_eq!((answer.accepted, answer.detections), (50_001, 1));
    store.event("last").await;
    assert_eq!(store.detections(2).await[1].context.len(), 20);
}
