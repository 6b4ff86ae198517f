//! Files that come, go, are renamed and truncated.

use crate::rig::{LIMIT, Rig, fault, put};
use crate::store::Store;
use std::io::Write;

#[tokio::test]
async fn a_file_counts_from_its_beginning_however_it_comes() {
    let (rig, store) = (Rig::new(), Store::start());
    std::fs::write(rig.path("outside/green.log"), fault("renamed-into")).unwrap();
    put(&mut rig.log("there.log"), &fault("there-before"));
    let router = rig.embed(&store);
    store.event("there-before").await;
    put(&mut rig.log("new.log"), &fault("created"));
    rig.rename("outside/green.log", "live/green.log");
    put(&mut rig.log("green.log"), &fault("appended"));
    put(&mut rig.log("notes.txt"), &fault("not-a-log"));
    let ids: Vec<String> = store.detections(4).await.iter().map(|d| d.event_id.to_string()).collect();
    assert!(ids.iter().position(|id| id == "renamed-into") < ids.iter().position(|id| id == "appended"), "{ids:?}");
    for name in ["there.log", "new.log", "green.log"] {
        router.has_read(name).await;
    }
}

#[tokio::test]
async fn the_folder_may_come_later_and_be_replaced() {
    let (rig, store) = (Rig::new(), Store::start());
    let _router = rig.embed(&store);
    testkit::eventually("the folder", LIMIT, async || rig.path("live").exists().then_some(())).await;
    put(&mut rig.log("a.log"), &fault("first"));
    store.event("first").await;
    rig.rename("live", "outside/live");
    put(&mut rig.log("b.log"), &fault("second"));
    store.event("second").await;
    put(&mut rig.log("b.log"), &fault("third"));
    store.detections(3).await;
}

#[tokio::test]
async fn a_rotated_file_is_read_to_its_end_and_beyond() {
    for away in ["live/a.log.1", "outside/a.log"] {
        let (rig, store) = (Rig::new(), Store::start());
        let _router = rig.embed(&store);
        let mut old = rig.log("a.log");
        put(&mut old, &fault("before"));
        store.event("before").await;
        store.set_away(true);
        put(&mut old, &fault("rest"));
        rig.rename("live/a.log", away);
        let mut new = rig.log("a.log");
        put(&mut new, &fault("new"));
        put(&mut old, &fault("late"));
        store.set_away(false);
        store.event("late").await;
        put(&mut new, &fault("after"));
        store.detections(5).await;
    }
}

#[tokio::test]
async fn a_last_line_without_its_end_waits_and_counts_when_its_file_is_done() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let mut log = rig.log("a.log");
    let (line, end) = (fault("halves"), fault("unended"));
    put(&mut log, &line[..20]);
    put(&mut rig.log("b.log"), &fault("other"));
    store.event("other").await;
    put(&mut log, &line[20..]);
    store.event("halves").await;
    put(&mut log, end.trim_end());
    router.has_read("b.log").await;
    assert_eq!(store.ids().len(), 2, "a part of a line is no line");
    std::fs::remove_file(rig.path("live/a.log")).unwrap();
    store.event("unended").await;
    let dropped = async || {
        let files = router.sources().await.targets.remove(0).files;
        files.iter().all(|file| file.name != "a.log").then_some(())
    };
    testkit::eventually("the place of a deleted file to be forgotten", LIMIT, dropped).await;
}

#[tokio::test]
async fn a_copy_that_truncation_leaves_behind_counts_once_and_its_unread_rest_counts() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    // Lines that do not name themselves: a repeat could not be told by the store.
    let mut log = rig.log("a.log");
    put(&mut log, "one BOOM\ntwo BOOM\n");
    store.detections(2).await;
    router.has_read("a.log").await;
    store.set_away(true);
    put(&mut log, "three BOOM\n");
    std::fs::copy(rig.path("live/a.log"), rig.path("live/a.log.1")).unwrap();
    log.set_len(0).unwrap();
    put(&mut log, "one BOOM\n");
    store.set_away(false);
    router.has_read("a.log").await;
    router.has_read("a.log.1").await;
    let mut lines: Vec<String> = store.detections(4).await.into_iter().filter_map(|d| d.line).collect();
    lines.sort();
    assert_eq!(lines, ["one BOOM", "one BOOM", "three BOOM", "two BOOM"]);
}

#[tokio::test]
async fn a_file_written_anew_at_the_same_size_begins_again() {
    let (rig, store) = (Rig::new(), Store::start());
    let _router = rig.embed(&store);
    put(&mut rig.log("a.log"), &fault("first-1"));
    store.event("first-1").await;
    let mut anew = std::fs::OpenOptions::new().write(true).truncate(true).open(rig.path("live/a.log")).unwrap();
    anew.write_all(fault("other-2").as_bytes()).unwrap();
    store.event("other-2").await;
    let mut larger = std::fs::OpenOptions::new().write(true).truncate(true).open(rig.path("live/a.log")).unwrap();
    larger.write_all(format!("{}{}", fault("third-3"), fault("third-4")).as_bytes()).unwrap();
    store.detections(4).await;
}

#[tokio::test]
async fn links_and_pipes_are_not_followed_and_block_nothing() {
    let (rig, store) = (Rig::new(), Store::start());
    std::fs::write(rig.path("outside/secret"), fault("secret")).unwrap();
    std::fs::create_dir_all(rig.path("live/folder.log")).unwrap();
    std::os::unix::fs::symlink(rig.path("outside/secret"), rig.path("live/link.log")).unwrap();
    nix::unistd::mkfifo(&rig.path("live/pipe.log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let router = rig.embed(&store);
    put(&mut rig.log("a.log"), &fault("plain"));
    store.event("plain").await;
    router.has_read("a.log").await;
    assert_eq!(store.ids().len(), 1);
}

#[tokio::test]
async fn more_files_than_may_be_open_are_all_followed() {
    let (rig, store) = (Rig::new(), Store::start());
    let names: Vec<String> = (0..200).map(|i| format!("f{i}.log")).collect();
    for name in &names {
        put(&mut rig.log(name), &fault(&format!("first-{name}")));
    }
    let _router = rig.embed(&store);
    store.detections(200).await;
    for name in &names {
        put(&mut rig.log(name), &fault(&format!("second-{name}")));
    }
    store.detections(400).await;
}
