//! The router is killed, and the store goes away.

use crate::rig::{LIMIT, Rig, fault, put};
use crate::store::Store;
use std::net::TcpListener;

#[tokio::test]
async fn a_killed_router_goes_on_where_the_store_had_acknowledged() {
    let (rig, store) = (Rig::new(), Store::start());
    let mut log = rig.log("a.log");
    put(&mut log, "one BOOM\nnoise\ntwo BOOM\n");
    let router = rig.process(&store);
    store.detections(2).await;
    drop(router);
    put(&mut log, "three BOOM\n");
    let router = rig.process(&store);
    store.detections(3).await;
    drop(router);
    // Another file of perhaps the same inode is another file.
    drop(log);
    std::fs::remove_file(rig.path("live/a.log")).unwrap();
    put(&mut rig.log("a.log"), "one BOOM\n");
    let _router = rig.process(&store);
    store.detections(4).await;
}

#[tokio::test]
async fn what_was_rotated_while_the_router_was_down_is_read() {
    let (rig, store) = (Rig::new(), Store::start());
    put(&mut rig.log("a.log"), "one BOOM\n");
    let router = rig.process(&store);
    store.detections(1).await;
    drop(router);
    put(&mut rig.log("a.log"), "two BOOM\n");
    rig.rename("live/a.log", "live/a.log.2");
    put(&mut rig.log("a.log"), "three BOOM\n");
    rig.rename("live/a.log", "live/a.log.1");
    put(&mut rig.log("a.log"), "four BOOM\n");
    let _router = rig.process(&store);
    store.detections(4).await;
}

#[tokio::test]
async fn what_was_rotated_before_the_router_first_came_is_history() {
    let (rig, store) = (Rig::new(), Store::start());
    put(&mut rig.log("a.log.1"), "old BOOM\n");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    rig.log("a.log.1").set_modified(long_ago).unwrap();
    put(&mut rig.log("a.log"), &fault("new"));
    let router = rig.embed(&store);
    router.has_read("a.log").await;
    store.event("new").await;
    put(&mut rig.log("a.log"), &fault("newer"));
    store.event("newer").await;
    assert_eq!(store.ids().len(), 2);
}

#[tokio::test]
async fn while_the_store_is_away_the_files_keep_what_is_told_when_it_is_back() {
    let (rig, store) = (Rig::new(), Store::start());
    let mut log = rig.log("a.log");
    put(&mut log, &fault("first"));
    let router = rig.process(&store);
    store.event("first").await;
    let (address, told) = store.end().await;
    for i in 0..200 {
        put(&mut log, &fault(&format!("away-{i}")));
    }
    rig.rename("live/a.log", "live/a.log.1");
    put(&mut rig.log("a.log"), &fault("rotated"));
    drop(router);
    let _router = rig.process_for(&address);
    let listener = testkit::eventually("the port", LIMIT, async || TcpListener::bind(&address).ok()).await;
    let store = Store::at(listener, told);
    let detections = store.detections(202).await;
    let ids: Vec<&str> = detections.iter().map(|d| d.event_id.as_str()).filter(|id| id.starts_with("away")).collect();
    let expected: Vec<String> = (0..200).map(|i| format!("away-{i}")).collect();
    assert_eq!(ids, expected, "in their order");
}

#[tokio::test]
async fn a_detection_that_the_store_will_never_take_blocks_nothing() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    put(&mut rig.log("a.log"), &format!("{}{}", fault("refused-1"), fault("taken")));
    store.event("taken").await;
    router.has_read("a.log").await;
}

#[tokio::test]
async fn an_occurrence_that_is_told_twice_keeps_its_name() {
    let (rig, store) = (Rig::new(), Store::start());
    put(&mut rig.log("a.log"), "one BOOM\n");
    let router = rig.process(&store);
    store.detections(1).await;
    drop(router);
    // The state is lost, the lines name themselves: everything is told again, and nothing is new.
    std::fs::remove_dir_all(rig.path("state")).unwrap();
    std::fs::write(rig.path("live/a.log"), format!("{}{}", fault("e-1"), fault("e-2"))).unwrap();
    let router = rig.process(&store);
    store.detections(3).await;
    drop(router);
    std::fs::write(rig.path("state/tiny.json"), "{half a file").unwrap();
    put(&mut rig.log("a.log"), &fault("e-3"));
    let _router = rig.process(&store);
    store.detections(4).await;
    assert_eq!(store.told.lock().unwrap().all.len(), 6, "e-1 and e-2 came twice");
}
