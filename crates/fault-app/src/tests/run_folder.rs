//! What this process and whoever looks after its machine tell each other in files.

use super::bodies::ORIGINAL;
use super::double::Mood;
use super::harness::Bench;
use crate::Faults;
use actix_web::test::TestRequest;
use serde_json::json;
use std::path::PathBuf;
use std::{fs, process};

/// A run folder of a test's own.
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fault-app-{}-run-{name}", process::id()));
        Self { path }
    }

    /// An application that has it.
    pub(super) fn bench(&self, faults: Faults) -> Bench {
        Bench::beside(faults, Mood::Says(503, "{}"), &self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[tokio::test]
async fn the_instance_that_is_asked_for_its_lever_says_that_it_serves() {
    let folder = Folder::new("pid");
    let bench = folder.bench(ORIGINAL);
    let pid = || fs::read_to_string(folder.path.join("pid")).unwrap_or_default();
    bench.ask(TestRequest::get().uri("/healthz")).await;
    assert_eq!(pid(), "", "being healthy is no reason");
    fs::write(folder.path.join("pid"), "1").unwrap();
    bench.ask(TestRequest::get().uri("/test-fault/levers/drop-caches")).await;
    assert_eq!(pid(), process::id().to_string());
}

#[tokio::test]
async fn nobody_is_called_and_nothing_is_put_while_a_registry_says_so() {
    let folder = Folder::new("registry");
    let bench = folder.bench(ORIGINAL);
    for name in ["upstream.json", "queue.json"] {
        fs::write(folder.path.join(name), r#"{"at":"","timeout_ms":1000}"#).unwrap();
    }
    let queue = bench.post("/test-fault/queue").await;
    assert_eq!(
        (queue.status, &queue.body["code"], queue.retry_after),
        (503, &json!("queue_shut"), Some(1)),
        "{queue:?}"
    );
    let storm = bench.post("/test-fault/retry-storm").await;
    assert_eq!((storm.status, bench.upstream.came().len(), bench.app.line.depth()), (503, 0, 0), "{storm:?}");
    let replay = TestRequest::post().uri("/test-fault/retry-storm").insert_header(("x-kintsugi-replay", "kr-1"));
    assert_eq!((bench.ask(replay).await.status, bench.upstream.came().len()), (502, 31), "a replay finds out");
    fs::write(folder.path.join("upstream.json"), r#"{"at":"http://127.0.0.1:5001"}"#).unwrap();
    assert_eq!(bench.post("/test-fault/retry-storm").await.status, 502);
    assert_eq!(bench.reports(), 1, "what is shut is no fault");
}
