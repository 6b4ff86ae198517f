//! Carries what is in a target's spool to the store, oldest first, and lets go of a batch when all of it is acknowledged.

use crate::desk::Part;
use crate::reporter::Courier;
use crate::spool::Spool;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wire::detection::Detection;

/// The carrier of one target.
pub(crate) struct Carrier {
    pub(crate) spool: Arc<Spool>,
    pub(crate) courier: Courier,
    /// How often the folder is looked at by itself: another process may have left something there.
    pub(crate) poll: Duration,
}

impl Carrier {
    /// Carries until the word to stop.
    pub(crate) async fn run(self) {
        while !self.courier.stop.is_stopping() {
            match self.turn().await {
                Ok(()) => {
                    self.courier.desk.works(Part::Spool);
                    self.spool.carried.notify_one();
                }
                Err(error) => {
                    let folder = self.spool.folder().display();
                    self.courier.desk.trouble(Part::Spool, format!("cannot read the spool {folder}: {error}"));
                }
            }
            tokio::select! {
                () = self.spool.filled.notified() => {}
                () = tokio::time::sleep(self.poll) => {}
                () = self.courier.stop.requested() => {}
            }
        }
    }

    async fn turn(&self) -> io::Result<()> {
        let spool = Arc::clone(&self.spool);
        for path in blocking(move || spool.batches()).await? {
            if !self.carry(&path).await? {
                return Ok(());
            }
            let spool = Arc::clone(&self.spool);
            blocking(move || spool.remove(&path)).await?;
        }
        let spool = Arc::clone(&self.spool);
        blocking(move || spool.batches()).await.map(|_| ())
    }

    /// False when the word to stop came first.
    async fn carry(&self, path: &Path) -> io::Result<bool> {
        let from = path.to_owned();
        // Line by line: a batch may be as large as the spool.
        let mut lines = match blocking(move || File::open(from)).await {
            Ok(file) => BufReader::new(file).lines(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        };
        loop {
            let (line, rest) = blocking(move || Ok((lines.next().transpose()?, lines))).await?;
            lines = rest;
            let Some(line) = line else { return Ok(true) };
            match serde_json::from_str::<Detection>(&line) {
                Ok(detection) if !self.courier.deliver(&detection).await => return Ok(false),
                Ok(_) => {}
                Err(error) => {
                    let aside = put_aside(path.to_owned()).await?;
                    tracing::error!(path = %aside.display(), %error, "a batch is not readable and is put aside");
                    return Ok(true);
                }
            }
        }
    }
}

async fn put_aside(path: PathBuf) -> io::Result<PathBuf> {
    let aside = path.with_extension("unreadable");
    let to = aside.clone();
    blocking(move || std::fs::rename(&path, &to)).await?;
    Ok(aside)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
