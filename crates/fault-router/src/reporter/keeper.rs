//! Keeps the ledger on disk behind the reporter's back: writing takes a disk's time, which no detection should wait for.

use crate::desk::{Desk, Part};
use crate::ledger::{Ledger, News};
use crate::place::{FileKey, Stream};
use crate::state;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use wire::FaultCode;
use wire::detection::Detection;

/// How often what was learned of errors is written, when none of it was told of.
const KEEP_ERRORS: Duration = Duration::from_secs(10);

/// The keeper of one target's ledger.
pub(crate) struct Keeper {
    desk: Arc<Desk>,
    path: PathBuf,
    /// Whether the state on disk is older than the ledger.
    behind: bool,
    /// Whether it should be written again as soon as it can.
    urgent: bool,
    /// The files that the state on disk knows by what they look like, as it does once they were read beyond their start.
    known: BTreeSet<FileKey>,
    /// The files that began a life since the present writing began.
    begun: BTreeSet<FileKey>,
    writing: Option<(JoinHandle<io::Result<()>>, BTreeSet<FileKey>)>,
    kept_errors: Instant,
}

impl Keeper {
    /// Of a ledger that is on disk as it stands.
    pub(crate) fn new(desk: Arc<Desk>, path: PathBuf) -> Self {
        let known = recognisable(&desk.ledger());
        Self {
            desk,
            path,
            behind: false,
            urgent: false,
            known,
            begun: BTreeSet::new(),
            writing: None,
            kept_errors: Instant::now(),
        }
    }

    /// Takes in news that are dealt with. A place behind a detection is written soon, others now and then.
    pub(super) fn take_in(&mut self, news: News) {
        let urgent = matches!(news, News::Found(..));
        if let News::Began(key, place) = &news
            && place.stream.cursor.offset == 0
        {
            self.known.remove(key);
            self.begun.insert(*key);
        }
        self.desk.ledger().take_in(news);
        self.behind = true;
        if urgent {
            self.begin();
        }
    }

    /// Sees to it that a line which does not name itself will get the same name again after a crash: its name hangs on
    /// the file's life, and the state must know that life by what the file looks like.
    pub(super) async fn foresee(&mut self, key: FileKey, stream: Stream) {
        if self.known.contains(&key) {
            return;
        }
        self.desk.ledger().foresee(key, stream);
        self.behind = true;
        self.write().await;
    }

    /// What was noticed and is acknowledged is on disk before the place behind its line is: it is never told of again.
    pub(super) async fn settle(&mut self, detections: &[Detection]) {
        let codes = detections.iter().map(|detection| &detection.code).filter(|code| code.is_unmarked());
        let codes: Vec<FaultCode> = codes.cloned().collect();
        if !codes.is_empty() {
            let desk = Arc::clone(&self.desk);
            // It panics only when the desk does.
            let _settled = tokio::task::spawn_blocking(move || desk.settle(codes.iter(), true)).await;
        }
    }

    /// Writes what was learned of errors, if it is time to.
    pub(super) async fn keep_errors(&mut self, at_once: bool) {
        if self.desk.errors.is_some() && (at_once || self.kept_errors.elapsed() >= KEEP_ERRORS) {
            self.kept_errors = Instant::now();
            let desk = Arc::clone(&self.desk);
            let _kept = tokio::task::spawn_blocking(move || desk.keep_errors()).await;
        }
    }

    /// Begins to write, if there is something; after the present writing, if there is one.
    pub(super) fn begin(&mut self) {
        if self.writing.is_some() {
            self.urgent = true;
        } else if self.behind {
            let (path, ledger) = (self.path.clone(), self.desk.ledger().clone());
            (self.behind, self.urgent) = (false, false);
            self.begun.clear();
            let known = recognisable(&ledger);
            self.writing = Some((tokio::task::spawn_blocking(move || state::save(&path, &ledger)), known));
        }
    }

    /// Ends with the present writing; never, when there is none.
    pub(super) async fn written(&mut self) {
        let Some((task, known)) = &mut self.writing else { return std::future::pending().await };
        match task.await.map_err(io::Error::other).flatten() {
            Ok(()) => {
                self.known = known.difference(&self.begun).copied().collect();
                self.desk.works(Part::State);
            }
            Err(error) => {
                // Tried again at the next tick; till then a restart would repeat what is acknowledged, and lose nothing.
                self.behind = true;
                self.urgent = false;
                self.desk.trouble(Part::State, format!("cannot write {}: {error}", self.path.display()));
            }
        }
        self.writing = None;
        if self.urgent {
            self.begin();
        }
    }

    /// Writes all there is.
    pub(super) async fn write(&mut self) {
        if self.writing.is_some() {
            self.written().await;
        }
        self.begin();
        if self.writing.is_some() {
            self.written().await;
        }
    }
}

/// The files of which more is known than that they are there.
fn recognisable(ledger: &Ledger) -> BTreeSet<FileKey> {
    ledger.places.iter().filter(|(_, place)| place.stream.cursor.offset > 0).map(|(key, _)| *key).collect()
}
