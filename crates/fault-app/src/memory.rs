//! Pages of reports, kept in the memory of the process for whoever asks next.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One page, bytes.
const PAGE: usize = 4 << 20;
/// What may be kept at all, bytes: more is refused, so that no machine suffers.
const LIMIT: usize = 64 << 20;
/// What is kept where the oldest makes room for the newest, bytes.
const BOUND: usize = 16 << 20;
/// For people.
const MIB: usize = 1 << 20;

/// The pages, as one request sees them.
#[derive(Clone)]
pub struct Pages {
    cache: Arc<Cache>,
    /// No two requests have the same, so what one has kept no other finds.
    request: u64,
    bounded: bool,
    tally: Arc<Tally>,
}

/// A page that was made.
pub struct Page(Vec<u8>);

/// There is no room for another page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// What is kept, by all requests.
#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<VecDeque<Entry>>,
    requests: AtomicU64,
    /// Nothing is kept.
    off: AtomicBool,
}

struct Entry {
    _of: (u64, u64),
    page: Page,
}

/// What one request did.
#[derive(Default)]
struct Tally {
    made: AtomicU64,
    put: AtomicU64,
    refused: AtomicU64,
}

/// What one request did, and how much is kept after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    /// Pages made.
    pub(crate) made: u64,
    /// Pages that the cache took.
    pub(crate) put: u64,
    /// Pages that it refused.
    pub(crate) refused: u64,
    /// What it keeps now, of all requests, MiB.
    pub(crate) kept_mib: u64,
}

impl Pages {
    /// How many pages a report has.
    pub const OF_A_REPORT: u64 = 24;

    pub(crate) fn new(cache: Arc<Cache>) -> Self {
        let request = cache.requests.fetch_add(1, Ordering::Relaxed);
        Self { cache, request, bounded: false, tally: Arc::default() }
    }

    /// The same pages, of which the oldest make room for the newest.
    pub fn bounded(&self) -> Self {
        Self { bounded: true, ..self.clone() }
    }

    /// Makes a page.
    pub fn make(&self, number: u64) -> Page {
        self.tally.made.fetch_add(1, Ordering::Relaxed);
        Page(vec![u8::try_from(number % 251).unwrap_or_default() + 1; PAGE])
    }

    /// Keeps a page.
    ///
    /// # Errors
    /// When there is no room.
    pub fn keep(&self, number: u64, page: Page) -> Result<(), Full> {
        let mut kept = self.cache.kept();
        if !self.cache.is_off() {
            while self.bounded && size(&kept) + page.0.len() > BOUND && kept.pop_front().is_some() {}
            if size(&kept) + page.0.len() > LIMIT {
                self.tally.refused.fetch_add(1, Ordering::Relaxed);
                return Err(Full);
            }
            kept.push_back(Entry { _of: (self.request, number), page });
        }
        self.tally.put.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn done(&self) -> Done {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Tally { made, put, refused } = &*self.tally;
        Done { made: of(made), put: of(put), refused: of(refused), kept_mib: self.cache.kept_mib() }
    }
}

impl Cache {
    /// How much is kept, MiB.
    pub(crate) fn kept_mib(&self) -> u64 {
        u64::try_from(size(&self.kept()) / MIB).unwrap_or(u64::MAX)
    }

    /// Whether nothing is kept.
    pub(crate) fn is_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }

    /// Lets go of everything and keeps nothing from now on; or keeps again.
    pub(crate) fn turn_off(&self, off: bool) {
        let mut kept = self.kept();
        self.off.store(off, Ordering::Relaxed);
        if off {
            *kept = VecDeque::new();
        }
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(kept: &VecDeque<Entry>) -> usize {
    kept.iter().map(|entry| entry.page.0.len()).sum()
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no room for another page")
    }
}

impl std::error::Error for Full {}
