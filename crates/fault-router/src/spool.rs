//! Detections of lines that nobody keeps for us – pushed ones, those of a stream – on disk until the store has
//! acknowledged them: a folder for each target, in it a file for each batch, complete or not there. Several processes may use one folder.

use crate::desk::Desk;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;
use wire::detection::Detection;

/// An unfinished batch that is older has no writer any more.
const ABANDONED: Duration = Duration::from_secs(600);

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("the store is away and the spool is full")]
    Full,
    #[error("cannot write to the spool")]
    Write(#[source] io::Error),
}

/// The spool of a target.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    most: u64,
    desk: Arc<Desk>,
    /// Something was put in.
    pub(crate) filled: Notify,
    /// Something was carried away, or nothing is left.
    pub(crate) carried: Notify,
}

impl Spool {
    /// Opens a folder, with what an earlier life left in it.
    pub(crate) fn open(folder: PathBuf, most: u64, desk: Arc<Desk>) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let spool = Self { folder, most, desk, filled: Notify::new(), carried: Notify::new() };
        spool.tidy()?;
        spool.batches()?;
        Ok(spool)
    }

    /// Takes away what a writer that died left behind.
    fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let age =
                fs::metadata(&path).and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
            if path.extension().is_some_and(|extension| extension == "new") && age.is_some_and(|age| age > ABANDONED) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// A batch to be written.
    pub(crate) fn begin(&self) -> Result<Batch<'_>, SpoolError> {
        let waiting = self.desk.spooled.load(Ordering::Relaxed);
        let room = self.most.checked_sub(waiting).filter(|room| *room > 0).ok_or(SpoolError::Full)?;
        // Time-ordered names keep the order of what came.
        let path = self.folder.join(format!("{}.new", Uuid::now_v7()));
        let file = File::create_new(&path).map_err(SpoolError::Write)?;
        Ok(Batch { spool: self, file: BufWriter::new(file), path, room, length: 0 })
    }

    /// The complete batches, oldest first; counts what waits anew.
    pub(crate) fn batches(&self) -> io::Result<Vec<PathBuf>> {
        let (mut paths, mut bytes) = (Vec::new(), 0);
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "ndjson") {
                bytes += entry.metadata().map_or(0, |metadata| metadata.len());
                paths.push(path);
            }
        }
        self.desk.spooled.store(bytes, Ordering::Relaxed);
        paths.sort();
        Ok(paths)
    }

    /// A batch is acknowledged as a whole.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            // Another process with the same folder was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// How much waits, bytes.
    pub(crate) fn waiting(&self) -> u64 {
        self.desk.spooled.load(Ordering::Relaxed)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// A batch that is being written; gone when it is dropped without [`Batch::commit`].
#[derive(Debug)]
pub(crate) struct Batch<'s> {
    spool: &'s Spool,
    file: BufWriter<File>,
    path: PathBuf,
    room: u64,
    length: u64,
}

impl Batch<'_> {
    pub(crate) fn add(&mut self, detection: &Detection) -> Result<(), SpoolError> {
        let mut line = serde_json::to_vec(detection).map_err(|error| SpoolError::Write(error.into()))?;
        line.push(b'\n');
        let length = self.length + line.len() as u64;
        if length > self.room {
            return Err(SpoolError::Full);
        }
        self.file.write_all(&line).map_err(SpoolError::Write)?;
        self.length = length;
        Ok(())
    }

    pub(crate) fn has_any(&self) -> bool {
        self.length > 0
    }

    /// Puts the batch on disk for good. What was accepted survives a crash from here on.
    pub(crate) fn commit(mut self) -> Result<(), SpoolError> {
        let settled = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        let named = settled.and_then(|()| fs::rename(&self.path, self.path.with_extension("ndjson")));
        named.and_then(|()| File::open(&self.spool.folder)?.sync_all()).map_err(SpoolError::Write)?;
        self.spool.desk.spooled.fetch_add(self.length, Ordering::Relaxed);
        self.spool.filled.notify_one();
        Ok(())
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        // Once committed it has another name.
        let _gone = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests;
