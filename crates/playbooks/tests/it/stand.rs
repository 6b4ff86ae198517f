//! What the tests share: a folder, a diary in it, and the way from the first sign to the report.

use playbooks::{Diary, Playbook, Site, Watcher};
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tempfile::TempDir;
use wire::runtime::{ActOutcome, ActReport};

pub(crate) struct Stand {
    pub(crate) folder: TempDir,
    pub(crate) site: Site,
}

impl Stand {
    pub(crate) fn new() -> Self {
        let site = Site {
            resource: "thing".to_owned().try_into().expect("a name"),
            limit: Duration::from_secs(30),
            settle: Duration::from_secs(2),
            clock: chassis::clock::system(),
        };
        Self { folder: tempfile::tempdir().expect("a folder"), site }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
        std::fs::write(path, content).expect("written");
    }

    pub(crate) fn diary(&self) -> Diary {
        Diary::open(self.path("diary.json")).expect("a diary")
    }

    /// Waits for a sign and heals, as `cause`.
    pub(crate) async fn heal(&self, playbook: &impl Playbook, cause: &str) -> ActReport {
        let mut watcher = Watcher::new(Duration::from_millis(20), self.site.clock.clone());
        let ill = tokio::time::timeout(Duration::from_secs(20), watcher.until_ill(playbook)).await;
        let sign = ill.expect("a sign within 20 s");
        assert!(!sign.diagnosis.is_empty());
        playbooks::heal(playbook, &self.site, &mut self.diary(), cause).await.expect("a diary that can be kept")
    }

    /// Whether it is found well now.
    pub(crate) async fn is_well(&self, playbook: &impl Playbook) -> bool {
        let seen = playbook.look().await;
        playbook.invariants(&seen).iter().all(|invariant| invariant.holds == Some(true))
    }
}

#[track_caller]
pub(crate) fn check(report: &ActReport, outcome: ActOutcome) {
    assert_eq!(report.outcome, outcome, "{report:#?}");
}

/// Polls so often, then drops it. Answers whether it ended before.
pub(crate) async fn cut<T>(doing: impl Future<Output = T>, polls: u32) -> bool {
    let (mut doing, mut count) = (pin!(doing), 0);
    std::future::poll_fn(|context| {
        count += 1;
        match doing.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if count == polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
