//! What is known of a target's files: how far each was read and acknowledged. Pure; `state.rs` keeps it on disk.

use crate::place::{FileKey, Place, Stream};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use wire::detection::Detection;

/// What the follower tells, in the order of the lines.
#[derive(Debug)]
pub(crate) enum News {
    /// A file turned up, or an old one began a new life.
    Began(FileKey, Place),
    /// It has another name.
    Named(FileKey, String),
    /// Everything before this place was read and holds nothing that was not told before.
    Passed(FileKey, Stream),
    /// A fault, and the place after its line.
    Found(FileKey, Stream, Box<Finding>),
    /// It is gone and was read to its end.
    Dropped(FileKey),
}

/// The detections of one line on their way to the store.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) detections: Vec<Detection>,
    /// Whether the line named them; else their names hang on the file's life, which must be on disk first.
    pub(crate) names_itself: bool,
}

/// The places of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// When this target was first followed: what was rotated before is not read.
    pub(crate) since: DateTime<Utc>,
    pub(crate) places: BTreeMap<FileKey, Place>,
}

impl Ledger {
    /// Before the first line of a new life is told that does not name itself: should a crash follow, the file is known by
    /// what it looks like behind that line, and the line gets the same name again.
    pub(crate) fn foresee(&mut self, key: FileKey, stream: Stream) {
        if let Some(place) = self.places.get_mut(&key) {
            place.stream = Stream { again: true, ..stream };
        }
    }

    /// Takes in news that are dealt with.
    pub(crate) fn take_in(&mut self, news: News) {
        match news {
            News::Began(key, place) => {
                self.places.insert(key, place);
            }
            News::Named(key, name) => {
                if let Some(place) = self.places.get_mut(&key) {
                    place.name = name;
                }
            }
            News::Passed(key, stream) | News::Found(key, stream, _) => {
                if let Some(place) = self.places.get_mut(&key) {
                    place.stream = stream;
                }
            }
            News::Dropped(key) => {
                self.places.remove(&key);
            }
        }
    }
}
