//! What is done to a database.

use super::{DatabasePlaybook, probe};
use crate::error::ActError;
use crate::{carry, files, processes};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;

/// How long those who were asked to close the file may take.
const CLOSING: Duration = Duration::from_secs(2);

impl DatabasePlaybook {
    /// Has the target close the file, does it, and has it opened again, whatever came of it.
    pub(super) async fn while_closed(
        &self,
        doing: impl Future<Output = Result<String, ActError>>,
    ) -> Result<String, ActError> {
        let closed = self.close().await;
        let done = match closed {
            Ok(()) => doing.await,
            Err(error) => Err(error),
        };
        let opened = self.open().await;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        done.and_then(|what| opened.map(|()| what))
    }

    /// Waits a little for the others. Who keeps it open after that is met by SQLite's own locks, or is named afterwards.
    async fn close(&self) -> Result<(), ActError> {
        let Some(lever) = &self.file.reopen else { return Ok(()) };
        let pulled = self.levers.pull(lever, true).await;
        let until = Instant::now() + CLOSING;
        while !processes::who_has_open(self.path()).is_empty() {
            // A target that is down has nothing open, so its lever is not missed.
            if let Err(error) = pulled {
                return Err(error);
            }
            if Instant::now() >= until {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    pub(super) async fn open(&self) -> Result<(), ActError> {
        match &self.file.reopen {
            Some(lever) => self.levers.pull(lever, false).await.map(|_| ()),
            None => Ok(()),
        }
    }

    pub(super) async fn checkpoint(&self, copy: &str) -> Result<String, ActError> {
        // Before anything is kept: what is locked is being written, and its undo would take that back, too.
        self.unlocked().await?;
        self.copies().keep(copy).await?;
        let (path, busy) = (self.path().to_owned(), self.busy());
        let done = tokio::task::spawn_blocking(move || probe::checkpoint(&path, busy)).await;
        let done = done.unwrap_or_else(|error| Err(error.to_string()));
        done.map(|()| "its journal is written into it, and it is whole".into()).map_err(ActError::Refused)
    }

    async fn unlocked(&self) -> Result<(), ActError> {
        let (path, busy) = (self.path().to_owned(), self.busy());
        match tokio::task::spawn_blocking(move || probe::is_locked(&path, busy)).await {
            Ok(true) => Err(ActError::Refused(format!("it is locked by {}", self.lockers().join(", ")))),
            _ => Ok(()),
        }
    }

    pub(super) async fn restore(&self, backup: &str, copy: &str) -> Result<String, ActError> {
        let from = files::beneath(Path::new(&self.file.backups), backup)?;
        let checked = from.clone();
        let rows = tokio::task::spawn_blocking(move || probe::backup(&checked)).await;
        let rows = rows.unwrap_or_else(|error| Err(error.to_string()));
        let rows =
            rows.map_err(|why| ActError::Refused(format!("the backup {backup} is not whole any more: {why}")))?;
        self.unlocked().await?;
        self.copies().keep(copy).await?;
        let lost = lost(&from, self.copies().database_of(copy)?, rows).await;
        // Its journals first: they would be written into the backup, which they do not fit.
        self.copies().remove_journals()?;
        let about = std::fs::metadata(self.path()).or_else(|_| std::fs::metadata(&from));
        let about = about.map_err(ActError::io("look at", &from))?;
        carry::copy_as(&from, self.path(), &about).await.map_err(ActError::io("restore", self.path()))?;
        Ok(format!("the backup {backup} is in place; {lost}; the file as it was is {}/{copy}", self.file.copies))
    }
}

/// What may be lost with a backup.
async fn lost(backup: &Path, kept: PathBuf, rows: u64) -> String {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    let age = modified(&kept).zip(modified(backup)).and_then(|(now, then)| now.duration_since(then).ok());
    let age = age.map_or_else(
        || "what was written since it was made is lost".to_owned(),
        |age| format!("what was written in the {} s after it was made may be lost", age.as_secs()),
    );
    match tokio::task::spawn_blocking(move || probe::rows(&kept)).await {
        Ok(Some(had)) => format!("{age}; it has {rows} rows, and {had} could be counted in the damaged file"),
        _ => format!("{age}; it has {rows} rows, and those of the damaged file cannot be counted"),
    }
}
