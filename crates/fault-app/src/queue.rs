//! Jobs that are put in a queue of the process and worked off one after the other.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

/// How long a job takes.
const JOB: Duration = Duration::from_millis(5);
/// More waiting jobs than this are refused.
const LIMIT: usize = 100;
/// More waiting jobs than this are more than is good.
const BEARABLE: usize = 25;
/// How many may wait where putting waits for room.
const BOUND: usize = 16;
/// How long room is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a request waits for its own jobs.
const DONE_LIMIT: Duration = Duration::from_secs(5);

/// The queue, as one request sees it.
#[derive(Clone)]
pub struct Queue {
    line: Arc<Line>,
    tally: Arc<Tally>,
    bounded: bool,
}

/// There is no room for another job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// The queue of the process.
pub(crate) struct Line {
    jobs: mpsc::UnboundedSender<Arc<Tally>>,
    depth: Arc<AtomicUsize>,
    /// Told whenever a job is done.
    room: Arc<Notify>,
}

#[derive(Default)]
struct Tally {
    put: AtomicU64,
    done: AtomicU64,
    refused: AtomicU64,
    deepest: AtomicUsize,
}

/// What one request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    /// Jobs put.
    pub(crate) put: u64,
    /// Those of them that are done.
    pub(crate) done: u64,
    /// Jobs refused.
    pub(crate) refused: u64,
    /// How many jobs waited at most when it put one.
    pub(crate) deepest: usize,
}

impl Done {
    /// Whether never more waited than there is room for.
    pub(crate) fn is_within_bound(&self) -> bool {
        self.deepest <= BOUND
    }
}

impl Queue {
    /// How many jobs an order has.
    pub const JOBS_OF_AN_ORDER: u64 = 160;

    pub(crate) fn new(line: Arc<Line>) -> Self {
        Self { line, tally: Arc::default(), bounded: false }
    }

    /// The same queue, in which a job is put when there is room for it.
    pub fn bounded(&self) -> Self {
        Self { bounded: true, ..self.clone() }
    }

    /// Puts a job.
    ///
    /// # Errors
    /// When there is no room.
    pub async fn put(&self, _number: u64) -> Result<(), Full> {
        let limit = if self.bounded { BOUND } else { LIMIT };
        let patience = if self.bounded { PATIENCE } else { Duration::ZERO };
        let Ok(depth) = timeout(patience, self.line.seat(limit)).await else {
            self.tally.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Full);
        };
        self.tally.deepest.fetch_max(depth, Ordering::Relaxed);
        self.tally.put.fetch_add(1, Ordering::Relaxed);
        // The worker lives as long as the process.
        let _ = self.line.jobs.send(Arc::clone(&self.tally));
        Ok(())
    }

    /// Waits until this request's jobs are done, not for ever.
    pub(crate) async fn worked_off(&self) -> Done {
        let is_done = || self.tally.done.load(Ordering::Relaxed) >= self.tally.put.load(Ordering::Relaxed);
        let _ = timeout(DONE_LIMIT, self.line.until(is_done)).await;
        self.done()
    }

    pub(crate) fn done(&self) -> Done {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Tally { put, done, refused, deepest } = &*self.tally;
        Done { put: of(put), done: of(done), refused: of(refused), deepest: deepest.load(Ordering::Relaxed) }
    }
}

impl Line {
    /// One whose jobs are worked off on `runtime`.
    pub(crate) fn new(runtime: &Handle) -> Self {
        let (jobs, mut waiting) = mpsc::unbounded_channel::<Arc<Tally>>();
        let (depth, room) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (left, told) = (Arc::clone(&depth), Arc::clone(&room));
        runtime.spawn(async move {
            while let Some(job) = waiting.recv().await {
                sleep(JOB).await;
                job.done.fetch_add(1, Ordering::Relaxed);
                left.fetch_sub(1, Ordering::Relaxed);
                told.notify_waiters();
            }
        });
        Self { jobs, depth, room }
    }

    /// How many jobs wait.
    pub(crate) fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }

    /// Whether not so many wait that somebody should do something.
    pub(crate) fn is_bearable(&self) -> bool {
        self.depth() <= BEARABLE
    }

    /// Waits for room, and takes it; how many wait then.
    async fn seat(&self, limit: usize) -> usize {
        let take = || {
            self.depth.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |depth| (depth < limit).then_some(depth + 1))
        };
        let mut before = take();
        while before.is_err() {
            self.until(|| self.depth() < limit).await;
            before = take();
        }
        before.unwrap_or_default() + 1
    }

    async fn until(&self, holds: impl Fn() -> bool) {
        loop {
            let told = self.room.notified();
            if holds() {
                return;
            }
            told.await;
        }
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no room for another job")
    }
}

impl std::error::Error for Full {}
