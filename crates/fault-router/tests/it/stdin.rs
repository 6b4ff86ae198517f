//! The program at the end of a pipe.

use crate::rig::{LIMIT, Rig, fault};
use crate::store::Store;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Child, ExitStatus, Stdio};

fn start(rig: &Rig, store: &str, arguments: &[&str]) -> Child {
    rig.command(store).args(arguments).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn end(child: &mut Child) -> (ExitStatus, String) {
    let status = testkit::eventually("the end", LIMIT, async || child.try_wait().unwrap()).await;
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (status, text)
}

#[tokio::test]
async fn a_stream_is_read_as_it_comes_and_the_end_is_reported_too() {
    let (rig, store) = (Rig::new(), Store::start());
    let mut child = start(&rig, &store.address, &["--stdin", "--target", "tiny"]);
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(format!("before\n{}", fault("e-1")).as_bytes()).unwrap();
    store.event("e-1").await;
    let line = vec![b'x'; 20 << 20];
    pipe.write_all(&line).unwrap();
    pipe.write_all(b"\nBOOM\nBOOM\r\n2026-11-22 10:00:00 BOOM without an end").unwrap();
    drop(pipe);
    let (status, errors) = end(&mut child).await;
    assert!(status.success(), "{errors}");
    let detections = store.detections(4).await;
    assert_eq!(detections[0].context, ["before"]);
    assert_eq!(detections[3].line.as_deref(), Some("2026-11-22 10:00:00 BOOM without an end"));
}

#[tokio::test]
async fn what_the_store_did_not_take_waits_for_the_next_run() {
    let (rig, store) = (Rig::new(), Store::start());
    let (address, told) = store.end().await;
    let mut child = start(&rig, &address, &["--stdin", "--target", "tiny", "--patience", "0"]);
    child.stdin.take().unwrap().write_all(fault("kept").as_bytes()).unwrap();
    let (status, errors) = end(&mut child).await;
    assert_eq!(status.code(), Some(1));
    assert!(errors.contains("has not acknowledged everything"), "{errors}");
    let listener = testkit::eventually("the port", LIMIT, async || TcpListener::bind(&address).ok()).await;
    let store = Store::at(listener, told);
    let mut child = start(&rig, &address, &["--stdin", "--target", "tiny"]);
    drop(child.stdin.take());
    assert!(end(&mut child).await.0.success());
    assert!(store.ids().contains("kept"));
}

#[tokio::test]
async fn the_same_dated_lines_piped_twice_count_once() {
    let (rig, store) = (Rig::new(), Store::start());
    for _ in 0..2 {
        let mut child = start(&rig, &store.address, &["--stdin", "--target", "tiny"]);
        let text = b"2026-11-22T10:00:00Z BOOM\n2026-11-22T10:00:01Z BOOM\n";
        child.stdin.take().unwrap().write_all(text).unwrap();
        assert!(end(&mut child).await.0.success());
    }
    let reports = store.told.lock().unwrap().all.len();
    assert_eq!((reports, store.ids().len()), (4, 2));
}

#[tokio::test]
async fn wrong_arguments_are_explained() {
    let (rig, store) = (Rig::new(), Store::start());
    for (arguments, code, part) in [
        (&["--stdin"][..], 2, "--target"),
        (&["--target", "tiny"], 2, "--stdin"),
        (&["--stdin", "--target", "nobody"], 1, "known: tiny"),
    ] {
        let mut child = start(&rig, &store.address, arguments);
        let (status, errors) = end(&mut child).await;
        assert!(status.code() == Some(code) && errors.contains(part), "{arguments:?}: {status} {errors}");
    }
}
