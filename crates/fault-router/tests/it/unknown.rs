//! Errors that no rule names, and more of them than usual.

use crate::rig::{Rig, put};
use crate::store::Store;
use std::collections::BTreeSet;

fn rig(sections: &str) -> Rig {
    let rig = Rig::new();
    let path = rig.path("targets/tiny.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{sections}\n{text}")).unwrap();
    rig
}

fn error(message: &str) -> String {
    format!("{{\"level\":\"error\",\"message\":\"{message}\"}}\n")
}

#[tokio::test]
async fn a_new_kind_of_error_is_told_once_over_kills_and_rotations() {
    let (rig, store) = (rig("unknown = { learn_s = 0 }"), Store::start());
    put(&mut rig.log("a.log"), &format!("{}noise\n{}", error("disk 7 is full"), error("disk 8 is full")));
    let router = rig.process(&store);
    let told = store.detections(1).await;
    assert!(told[0].code.is_unmarked() && told[0].message == "disk <*> is full", "{told:?}");
    assert!(told[0].line.as_ref().is_some_and(|line| line.contains("disk 7 is full")));
    // Acknowledged and written: the marked fault behind it tells that the router has come so far.
    put(&mut rig.log("a.log"), "one BOOM\n");
    store.detections(2).await;
    drop(router);
    rig.rename("live/a.log", "live/a.log.1");
    put(&mut rig.log("a.log"), &format!("{}two BOOM\n", error("disk 9 is full")));
    let router = rig.process(&store);
    store.detections(3).await;
    put(&mut rig.log("a.log"), &format!("{}ERROR disk 10 is lost\n", error("disk 10 is full")));
    let told = store.detections(4).await;
    assert_eq!(told[3].message, "ERROR disk <*> is lost");
    drop(router);
    let codes: BTreeSet<&str> = told.iter().map(|told| told.code.as_str()).collect();
    assert_eq!(codes.len(), 3, "{codes:?}");
}

#[tokio::test]
async fn an_error_that_was_found_while_the_store_was_away_is_told_when_it_is_back() {
    let (rig, store) = (rig("unknown = { learn_s = 0 }"), Store::start());
    store.set_away(true);
    put(&mut rig.log("a.log"), &error("disk 7 is full"));
    let router = rig.process(&store);
    // Killed while it insists.
    testkit::eventually("the file of errors", crate::rig::LIMIT, async || {
        rig.path("state/tiny.errors.json").exists().then_some(())
    })
    .await;
    drop(router);
    store.set_away(false);
    let _router = rig.process(&store);
    assert_eq!(store.detections(1).await[0].message, "disk <*> is full");
}

#[tokio::test]
async fn where_the_target_file_says_nothing_nothing_is_told() {
    let (rig, store) = (Rig::new(), Store::start());
    put(&mut rig.log("a.log"), &format!("{}one BOOM\n", error("disk 7 is full")));
    let _router = rig.embed(&store);
    assert_eq!(store.detections(1).await[0].code.as_str(), "FAULT_BOOM");
    assert!(!rig.path("state/tiny.errors.json").exists());
}

#[tokio::test]
async fn what_comes_while_it_learns_is_not_told() {
    let (rig, store) = (rig("unknown = {}"), Store::start());
    put(&mut rig.log("a.log"), &format!("{}one BOOM\n", error("disk 7 is full")));
    let _router = rig.embed(&store);
    assert_eq!(store.detections(1).await[0].code.as_str(), "FAULT_BOOM");
}

#[tokio::test]
async fn a_flood_of_new_kinds_is_a_few_incidents_and_one_of_many() {
    let (rig, store) = (rig("unknown = { learn_s = 0, new_per_minute = 2 }"), Store::start());
    let kinds: String = (1..200).map(|n| error(&format!("{} broke", "x".repeat(n)))).collect();
    put(&mut rig.log("a.log"), &format!("{kinds}one BOOM\n"));
    let _router = rig.embed(&store);
    store.event_of("FAULT_BOOM").await;
    let told = store.told.lock().unwrap().all.clone();
    let many = told.iter().filter(|told| told.code.as_str() == "UNKNOWN_MANY").count();
    // A minute may end meanwhile.
    assert!((1..=2).contains(&many) && told.len() <= 7, "{many} of {}", told.len());
}

#[tokio::test]
async fn pushed_errors_are_told_once_however_often_they_are_sent() {
    let (rig, store) = (rig("unknown = { learn_s = 0 }"), Store::start());
    let router = rig.embed(&store);
    for n in 0..3 {
        let body = error(&format!("disk {n} is full"));
        assert_eq!(router.push_to("?target=tiny", "application/x-ndjson", body).await.status(), 200);
    }
    assert_eq!(store.detections(1).await[0].message, "disk <*> is full");
}

#[tokio::test]
async fn more_errors_than_usual_are_one_burst() {
    let (rig, store) = (rig("burst = { minimum = 30, quiet_slices = 2 }"), Store::start());
    let router = rig.process(&store);
    // By the lines' own time: the router has followed the target for long enough to know what is usual.
    let later = (chassis::clock::system().now() + chrono::TimeDelta::seconds(40)).to_rfc3339();
    let lines = format!("{later} ERROR cache miss\n").repeat(29) + &format!("{later} one BOOM\n");
    put(&mut rig.log("a.log"), &lines);
    let told = store.detections(2).await;
    let [boom, burst] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((boom.code.as_str(), burst.code.as_str()), ("FAULT_BOOM", "ERROR_BURST"), "marked or not, all count");
    assert_eq!(burst.message, "30 error lines within 10 s, where 0.0 are usual");
    put(&mut rig.log("a.log"), &lines);
    store.detections(3).await;
    drop(router);
    put(&mut rig.log("a.log"), &lines);
    let _router = rig.process(&store);
    let told = store.detections(4).await;
    assert_eq!(told.iter().filter(|told| told.code.as_str() == "ERROR_BURST").count(), 1, "{told:?}");
}
