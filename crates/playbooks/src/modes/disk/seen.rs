//! What is seen of a disk.

use super::hogs::Hog;

/// What is seen of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Bytes that are free, or why nobody can tell.
    pub(super) free: Result<u64, String>,
    pub(super) write: Write,
    /// Old logs that are not compressed: what names this very batch.
    pub(super) logs: Option<String>,
    /// The length of the shortest of them.
    pub(super) shortest: u64,
    /// Snapshots beyond the newest.
    pub(super) surplus: Option<String>,
    /// How many bytes were moved away before.
    pub(super) away: u64,
    pub(super) disposable: bool,
    pub(super) secondary: Secondary,
    pub(super) hogs: Vec<Hog>,
}

impl Seen {
    /// A look before this one still waits for a disk.
    pub(super) fn nothing() -> Self {
        let why = || "a look at it does not come to an end".to_owned();
        Seen {
            free: Err(why()),
            write: Write::Unknown(why()),
            logs: None,
            shortest: 0,
            surplus: None,
            away: 0,
            disposable: false,
            secondary: Secondary::NotThere,
            hogs: Vec::new(),
        }
    }
}

/// What came of writing a little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Write {
    Written,
    Failed(String),
    Unknown(String),
}

/// How it is with the secondary store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secondary {
    None,
    NotThere,
    /// On the same disk: nothing becomes free by moving there.
    Same,
    Good,
}
