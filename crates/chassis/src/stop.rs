//! Stopping in order: stop taking work, finish what is there, end within the grace. A task that dies stops the process.

use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a process may take to finish after SIGTERM or SIGINT.
pub const GRACE: Duration = Duration::from_secs(10);

/// The word to stop, and the tasks that must end before the process does. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    token: CancellationToken,
    failed: CancellationToken,
    tasks: TaskTracker,
}

impl Stop {
    /// A stop that only [`Stop::now`] triggers; for tests and embedded services.
    pub fn new() -> Self {
        Self::default()
    }

    /// A stop that SIGTERM, SIGINT and SIGHUP trigger. Must be called within the runtime.
    ///
    /// # Errors
    /// When the signal handlers cannot be installed.
    pub fn on_signal() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let stop = Self::new();
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // A terminal that is closed says this.
        let mut hangup = signal(SignalKind::hangup())?;
        let token = stop.token.clone();
        #[expect(clippy::disallowed_methods, reason = "this task ends with the word to stop, nothing waits for it")]
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
                () = token.cancelled() => {}
            }
            tracing::info!("stopping");
            token.cancel();
        });
        Ok(stop)
    }

    /// Says the word.
    pub fn now(&self) {
        self.token.cancel();
    }

    /// Whether it was said.
    pub fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Ends when the word is said.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Starts a task that the process waits for. Its panic stops the process with a failure.
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (token, failed) = (self.token.clone(), self.failed.clone());
        let inner = tokio::spawn(task);
        self.tasks.spawn(async move {
            if inner.await.is_err() {
                tracing::error!(task = name, "a task died; stopping the process");
                failed.cancel();
                token.cancel();
            }
        });
    }

    /// Waits for the tasks after the word was said, at most [`GRACE`].
    ///
    /// # Errors
    /// When a task died or did not end in time.
    pub async fn finish(&self) -> anyhow::Result<()> {
        self.token.cancelled().await;
        self.tasks.close();
        let ended = tokio::time::timeout(GRACE, self.tasks.wait()).await;
        anyhow::ensure!(ended.is_ok(), "tasks were still running {GRACE:?} after the word to stop");
        anyhow::ensure!(!self.failed.is_cancelled(), "a task died");
        Ok(())
    }
}
