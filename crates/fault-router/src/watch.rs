//! File events. They only say *that* something happened; what, the follower sees for itself, and it looks by itself now
//! and then, so a lost event costs time and nothing else.

use crate::place::FileKey;
use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Wakes the follower. Cheap to clone; many rings are one.
#[derive(Debug, Clone)]
pub(crate) struct Bell {
    rope: SyncSender<()>,
    listing_due: Arc<AtomicBool>,
    stuck: Arc<AtomicBool>,
}

/// The follower's side of the bell.
#[derive(Debug)]
pub(crate) struct Sleeper {
    heard: Receiver<()>,
    bell: Bell,
}

/// A bell and its sleeper.
pub(crate) fn bell() -> (Bell, Sleeper) {
    let (rope, heard) = sync_channel(1);
    let bell = Bell { rope, listing_due: Arc::default(), stuck: Arc::default() };
    (bell.clone(), Sleeper { heard, bell })
}

impl Bell {
    pub(crate) fn ring(&self) {
        // Full means that it rings already.
        let _rings = self.rope.try_send(());
    }

    /// The queue has room again: rings if the follower waits for that.
    pub(crate) fn has_room(&self) {
        if self.stuck.swap(false, Ordering::AcqRel) {
            self.ring();
        }
    }

    fn hear(&self, event: notify::Result<notify::Event>) {
        let content_only = event.as_ref().is_ok_and(|event| {
            let content = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)));
            content && !event.need_rescan()
        });
        if event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)) && !event.need_rescan()) {
            return;
        }
        if !content_only {
            self.listing_due.store(true, Ordering::Release);
        }
        self.ring();
    }
}

impl Sleeper {
    /// Sleeps until it rings, at most for a time.
    pub(crate) fn sleep(&self, at_most: Duration) {
        let _rang = self.heard.recv_timeout(at_most);
    }

    /// Whether the folder itself changed since the last time this was asked.
    pub(crate) fn take_listing_due(&self) -> bool {
        self.bell.listing_due.swap(false, Ordering::AcqRel)
    }

    /// From now on [`Bell::has_room`] rings.
    pub(crate) fn set_stuck(&self) {
        self.bell.stuck.store(true, Ordering::Release);
    }
}

/// Watches one folder, and the one that takes its place.
#[derive(Debug)]
pub(crate) struct Watch {
    folder: PathBuf,
    bell: Bell,
    watched: Option<(FileKey, RecommendedWatcher)>,
}

/// Why there are no events.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    #[error("the folder {0} is not there and cannot be made")]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("no file events from {0}: it is looked at now and then only")]
    Events(PathBuf, #[source] notify::Error),
}

impl Watch {
    pub(crate) fn new(folder: &Path, bell: Bell) -> Self {
        Self { folder: folder.to_owned(), bell, watched: None }
    }

    /// Sees to it that the folder of this name is there and watched.
    pub(crate) fn ensure(&mut self) -> Result<(), WatchError> {
        let no_folder = |source| WatchError::Folder(self.folder.clone(), source);
        std::fs::create_dir_all(&self.folder).map_err(no_folder)?;
        let key = FileKey::of(&std::fs::metadata(&self.folder).map_err(no_folder)?);
        if self.watched.as_ref().is_some_and(|(watched, _)| *watched == key) {
            return Ok(());
        }
        let bell = self.bell.clone();
        let no_events = |source| WatchError::Events(self.folder.clone(), source);
        let mut watcher = notify::recommended_watcher(move |event| bell.hear(event)).map_err(no_events)?;
        watcher.watch(&self.folder, RecursiveMode::NonRecursive).map_err(no_events)?;
        self.watched = Some((key, watcher));
        Ok(())
    }
}
