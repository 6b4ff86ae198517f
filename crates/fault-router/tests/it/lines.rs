//! What counts as a fault, and what a detection carries.

use crate::rig::{Rig, fault, put};
use crate::store::Store;
use std::io::Write;
use wire::detection::{MAX_LINE, Source};

#[tokio::test]
async fn replays_and_mentions_are_no_detections() {
    let (rig, store) = (Rig::new(), Store::start());
    let _router = rig.embed(&store);
    let mut log = rig.log("a.log");
    put(&mut log, "{\"marker\":\"BOOM\",\"replay\":\"kr-1\",\"event_id\":\"replayed\"}\n");
    put(&mut log, "{\"message\":\"a user typed BOOM\",\"event_id\":\"mentioned\"}\n");
    put(&mut log, "{\"marker\":\"BOOMERANG\",\"event_id\":\"longer\"}\nBOOMERANG in text\n");
    put(&mut log, "{\"marker\":\"BANG\",\"event_id\":\"last\",\"message\":\"BOOM\"}\n");
    let detections = store.detections(1).await;
    assert_eq!((detections[0].event_id.as_str(), detections[0].code.as_str()), ("last", "FAULT_BANG"));
}

#[tokio::test]
async fn a_detection_carries_the_lines_of_its_request_first() {
    let (rig, store) = (Rig::new(), Store::start());
    let _router = rig.embed(&store);
    let mut text = String::from("{\"request_id\":\"req-77\",\"message\":\"begun\"}\n");
    for i in 0..100 {
        text.push_str(&format!("{{\"request_id\":\"other-{i}\",\"message\":\"noise\"}}\n"));
    }
    text.push_str("{\"ts\":\"2026-11-22T00:00:00Z\",\"marker\":\"BOOM\",\"event_id\":\"e\",\"request_id\":\"req-77\",\"reason\":\"sql\"}\n");
    put(&mut rig.log("a.log"), &text);
    let detection = store.detections(1).await.remove(0);
    assert_eq!(detection.source, Source::Router);
    assert_eq!(detection.reason.as_deref(), Some("sql"));
    assert_eq!(detection.context.len(), 20);
    assert!(detection.context[0].contains("req-77"), "{:?}", detection.context);
    assert!(detection.context[19].contains("other-99"), "{:?}", detection.context);
}

#[tokio::test]
async fn overlong_lines_and_bytes_that_are_no_text_do_no_harm() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let mut log = rig.log("a.log");
    put(&mut log, "{\"marker\":\"BOOM\",\"event_id\":\"long\",\"message\":\"");
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..12 {
        log.write_all(&megabyte).unwrap();
    }
    put(&mut log, " BANG\"}\n");
    put(&mut log, &format!("{} BANG too late\n", "y".repeat(100_000)));
    log.write_all(b"BOOM \xff\xfe\0 bytes\r\n").unwrap();
    put(&mut log, &fault("next"));
    router.has_read("a.log").await;
    let detections = store.detections(3).await;
    assert_eq!(detections[0].event_id.as_str(), "long");
    assert_eq!(detections[0].line.as_ref().map(String::len), Some(MAX_LINE));
    assert_eq!(detections[1].line.as_deref(), Some("BOOM \u{fffd}\u{fffd}\u{fffd} bytes"));
    assert_eq!(detections[2].event_id.as_str(), "next");
}

#[tokio::test]
async fn the_report_continues_the_trace_of_the_failing_request() {
    let (rig, store) = (Rig::new(), Store::start());
    let _router = rig.process(&store);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    put(&mut rig.log("a.log"), &format!("{{\"marker\":\"BOOM\",\"event_id\":\"e\",\"traceparent\":\"{parent}\"}}\n"));
    let detection = store.detections(1).await.remove(0);
    assert_eq!(detection.trace_parent.as_deref(), Some(parent.as_str()));
    let told = store.told.lock().unwrap().trace_parents.clone();
    let header = told[0].clone().unwrap();
    assert!(header.contains(trace) && header != parent, "a span of its own in the same trace: {header}");
}

#[tokio::test]
async fn a_pattern_marks_a_line_of_text_and_its_title_speaks_for_it() {
    let (rig, store) = (Rig::new(), Store::start());
    let _router = rig.embed(&store);
    put(&mut rig.log("a.log"), "2026-11-22 worker crashed with code 0\nworker crashed with code 7, token=abc123\n");
    let detection = store.detections(1).await.remove(0);
    assert_eq!((detection.code.as_str(), detection.message.as_str()), ("FAULT_CRASH", "The worker crashed"));
    assert_eq!(detection.line.as_deref(), Some("worker crashed with code 7, token=[redacted]"));
    assert_eq!(detection.context, ["2026-11-22 worker crashed with code 0"]);
}

#[tokio::test]
async fn a_line_of_100_megabytes_and_50_000_lines_of_noise_cost_no_memory() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.process(&store);
    let mut log = rig.log("a.log");
    put(&mut log, &fault("first"));
    store.event("first").await;
    let before = router.peak();
    log.write_all(b"{\"marker\":\"BOOM\",\"event_id\":\"long\",\"message\":\"").unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        log.write_all(&megabyte).unwrap();
    }
    put(&mut log, "\"}\n");
    let noise: String =
        (0..50_000).map(|i| format!("{{\"level\":\"info\",\"message\":\"BOOMERANG {i}\"}}\n")).collect();
    put(&mut log, &noise);
    put(&mut log, &fault("last"));
    store.event("last").await;
    assert_eq!(store.ids().len(), 3);
    let grown = router.peak() - before;
    assert!(grown < 16 * 1024, "{grown} kB more than before");
}
