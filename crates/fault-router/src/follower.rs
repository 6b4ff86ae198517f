//! Follows a target's folder on a thread of its own: lists it, reads its files, and hands on what it found, in order and
//! only as fast as it is taken.

mod listing;
mod reading;

use crate::block::Block;
use crate::desk::{Desk, Part};
use crate::followed::{Followed, Look};
use crate::ledger::News;
use crate::place::{FileKey, Place};
use crate::rules::Rules;
use crate::settings::Settings;
use crate::watch::{Bell, Sleeper, Watch};
use chassis::Stop;
use chassis::clock::SharedClock;
use chrono::{DateTime, Utc};
use listing::Doubt;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// The follower of one target.
pub(crate) struct Follower {
    desk: Arc<Desk>,
    rules: Arc<Rules>,
    clock: SharedClock,
    stop: Stop,
    watch: Watch,
    sleeper: Sleeper,
    poll: Duration,
    linger: Duration,
    context_lines: usize,
    since: DateTime<Utc>,
    /// Places from an earlier life whose files were not seen yet.
    known: BTreeMap<FileKey, Place>,
    files: BTreeMap<FileKey, Followed>,
    doubts: BTreeMap<FileKey, Doubt>,
    block: Block,
    /// What was not taken yet. While it holds something nothing is read, so it holds at most a listing's news.
    outbox: VecDeque<News>,
    queue: Sender<News>,
    /// Whether a file could not be read since the last poll.
    unreadable: bool,
}

/// Nobody takes the news any more.
#[derive(Debug)]
pub(crate) struct Closed;

/// What a follower works with.
pub(crate) struct Parts {
    pub(crate) desk: Arc<Desk>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) clock: SharedClock,
    pub(crate) stop: Stop,
    pub(crate) bell: Bell,
    pub(crate) sleeper: Sleeper,
    pub(crate) queue: Sender<News>,
}

impl Follower {
    pub(crate) fn new(parts: Parts, settings: &Settings) -> Self {
        let Parts { desk, rules, clock, stop, bell, sleeper, queue } = parts;
        let (since, known) = {
            let ledger = desk.ledger();
            (ledger.since, ledger.places.clone())
        };
        Self {
            watch: Watch::new(&desk.folder, bell),
            poll: Duration::from_millis(settings.poll_ms.max(10)),
            linger: Duration::from_millis(settings.linger_ms),
            context_lines: settings.context_lines.min(wire::detection::MAX_CONTEXT),
            files: BTreeMap::new(),
            doubts: BTreeMap::new(),
            block: Block::new(),
            outbox: VecDeque::new(),
            desk,
            rules,
            clock,
            stop,
            sleeper,
            since,
            known,
            queue,
            unreadable: false,
        }
    }

    /// Follows until the word to stop.
    pub(crate) fn run(mut self) {
        let mut listed: Option<Instant> = None;
        while !self.stop.is_stopping() {
            let due = listed.is_none_or(|at| at.elapsed() >= self.poll);
            if due {
                self.ensure_watch();
                if !std::mem::take(&mut self.unreadable) {
                    self.desk.works(Part::File);
                }
                listed = Some(Instant::now());
            }
            if self.sleeper.take_listing_due() || due || self.files.values().any(|file| !file.is_open()) {
                self.list();
            }
            if self.read(Look { thorough: due, linger: self.linger }).is_err() {
                return;
            }
            let until_due = self.poll.saturating_sub(listed.map_or(self.poll, |at| at.elapsed()));
            self.sleeper.sleep(until_due);
        }
    }

    fn cannot_read(&mut self, name: &str, error: &std::io::Error) {
        self.unreadable = true;
        self.desk.trouble(Part::File, format!("cannot read {name}: {error}"));
    }

    /// Hands on what is there; whether all of it was taken.
    fn flush(&mut self) -> Result<bool, Closed> {
        while let Some(news) = self.outbox.pop_front() {
            match self.queue.try_send(news) {
                Ok(()) => {}
                Err(TrySendError::Closed(_)) => return Err(Closed),
                Err(TrySendError::Full(news)) => {
                    self.outbox.push_front(news);
                    self.sleeper.set_stuck();
                    if self.queue.capacity() == 0 {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }
}
