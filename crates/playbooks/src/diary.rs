//! What is under way for a resource, on disk before it is done: a crash in between leaves what to go on with, or to take back.

use crate::files;
use crate::withdraw::Withdrawals;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use wire::Digest;
use wire::runtime::{Held, Invariant, Level, Remedy, Tried};

/// The page of one resource. A small JSON file, replaced as a whole.
#[derive(Debug)]
pub struct Diary {
    path: PathBuf,
    page: Page,
}

/// What stands on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Page {
    /// What the healing that is under way is for; the same again goes on with it, another one begins anew.
    pub(crate) cause: Option<String>,
    /// The digest of what was approved for it, from when the first of it is done: what was seen then decides, not what is seen in the middle.
    #[serde(default)]
    pub(crate) approved: Option<Digest>,
    /// What was seen when it began.
    pub(crate) first: Vec<Invariant>,
    /// What was tried.
    pub(crate) tried: Vec<Tried>,
    /// What is being tried.
    pub(crate) trying: Option<Trying>,
    /// What stands in place for the time being, over all healings.
    pub(crate) held: Vec<Held>,
    /// How it went when it was withdrawn.
    #[serde(default)]
    pub(crate) withdrawals: Withdrawals,
}

/// A remedy of which it is not known yet what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trying {
    pub(crate) remedy: Remedy,
    pub(crate) before: Level,
    pub(crate) from: DateTime<Utc>,
}

/// Why there is no diary. Nothing is done without one.
#[derive(Debug, thiserror::Error)]
pub enum DiaryError {
    /// It cannot be read or written.
    #[error("the diary {} cannot be kept", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is no diary of ours. What stands in place may be lost with it, so a person has to look.
    #[error("the diary {} cannot be understood: look what stands in place, then remove it", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where.
        #[source]
        source: serde_json::Error,
    },
}

impl Diary {
    /// Opens the diary of a resource, or begins it.
    ///
    /// # Errors
    /// See [`DiaryError`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DiaryError> {
        let path = path.into();
        let page = match std::fs::read(&path) {
            Ok(text) => {
                serde_json::from_slice(&text).map_err(|source| DiaryError::Damaged { path: path.clone(), source })?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Page::default(),
            Err(source) => return Err(DiaryError::Io { path, source }),
        };
        Ok(Self { path, page })
    }

    /// What stands in place for the time being.
    pub fn held(&self) -> &[Held] {
        &self.page.held
    }

    /// Whether something was cut short.
    pub fn is_cut_short(&self) -> bool {
        self.page.trying.is_some()
    }

    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    /// Changes the page, on disk before the caller goes on.
    pub(crate) fn write(&mut self, change: impl FnOnce(&mut Page)) -> Result<(), DiaryError> {
        let mut page = self.page.clone();
        change(&mut page);
        let io = |source| DiaryError::Io { path: self.path.clone(), source };
        let text = serde_json::to_vec(&page).map_err(|error| io(error.into()))?;
        files::replace(&self.path, &text).map_err(io)?;
        self.page = page;
        Ok(())
    }
}
