//! Where the router stands in a file.

use crate::edge::Print;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::UNIX_EPOCH;
use uuid::Uuid;

/// Which file, whatever it is called at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FileKey {
    dev: u64,
    ino: u64,
    /// When it was created, nanoseconds, where the file system tells: inodes are used again.
    born: Option<u64>,
}

impl FileKey {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let born = metadata.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let born = born.and_then(|since| u64::try_from(since.as_nanos()).ok());
        Self { dev: metadata.dev(), ino: metadata.ino(), born }
    }
}

/// A place in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) offset: u64,
    /// Whether that is within an overlong line.
    pub(crate) skipping: bool,
}

/// One life of a file, from its creation or truncation to the next truncation, and how far it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stream {
    /// Names the life; a copy of the file has the same.
    pub(crate) life: Uuid,
    pub(crate) cursor: Cursor,
    /// What the file looks like at the cursor.
    pub(crate) print: Print,
    /// Whether the lines before the cursor may not all be acknowledged: the cursor is only there to know the file by.
    #[serde(default)]
    pub(crate) again: bool,
}

impl Stream {
    /// A life of which nothing was read yet.
    pub(crate) fn fresh() -> Self {
        let print = crate::edge::Edge::default().print();
        Self { life: Uuid::new_v4(), cursor: Cursor::default(), print, again: false }
    }

    /// Where to go on: at the cursor, or once more from the life's beginning.
    pub(crate) fn resumed(self) -> Self {
        if self.again { Self { life: self.life, ..Self::fresh() } } else { self }
    }
}

/// A file, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The last name that was seen.
    pub(crate) name: String,
    pub(crate) stream: Stream,
    /// The lives before the last truncations, newest first: a copy of one may still turn up.
    pub(crate) past: Vec<Stream>,
}

/// How many past lives are remembered.
const MAX_PAST: usize = 8;

impl Place {
    /// A file of which nothing is known.
    pub(crate) fn fresh(name: &str) -> Self {
        Self { name: name.to_owned(), stream: Stream::fresh(), past: Vec::new() }
    }

    /// The file's next life: what it was is past.
    pub(crate) fn next_life(mut self) -> Self {
        self.past.insert(0, self.stream);
        self.past.truncate(MAX_PAST);
        Self { stream: Stream::fresh(), ..self }
    }
}
