//! Old logs, compressed and as they were.

use super::BUDGET;
use crate::error::ActError;
use crate::processes::{self, FileId};
use crate::{carry, files};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::time::Instant;
use wire::Digest;

/// What ends so is compressed already.
const PACKED: [&str; 5] = ["gz", "zst", "xz", "bz2", "zip"];

/// The logs of a folder that are older than a time.
pub(super) struct Logs {
    pub(super) folder: PathBuf,
    pub(super) before: SystemTime,
    /// Where a log goes when there is no room for its compressed form beside it.
    pub(super) secondary: Option<PathBuf>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) name: String,
    pub(super) bytes: u64,
    modified: SystemTime,
}

impl Logs {
    /// Those that can be compressed, the shortest first: it needs the least room.
    pub(super) fn candidates(&self) -> Vec<Log> {
        let names = files::newest_first(&self.folder).unwrap_or_default();
        let mut found: Vec<Log> = names.into_iter().filter_map(|name| self.candidate(name)).collect();
        found.sort_by(|a, b| (a.bytes, &a.name).cmp(&(b.bytes, &b.name)));
        found
    }

    fn candidate(&self, name: String) -> Option<Log> {
        let path = self.folder.join(&name);
        let packed = path.extension().is_some_and(|end| PACKED.iter().any(|packed| end == *packed));
        let about = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let modified = about.modified().ok()?;
        // Another name of the same file would keep its room, and show the other content.
        let fits = !packed && !name.starts_with('.') && about.nlink() == 1 && about.len() > 0 && modified < self.before;
        fits.then_some(Log { name, bytes: about.len(), modified })
    }

    /// The mark of these logs.
    pub(super) fn batch(&self, logs: &[Log]) -> String {
        let folder = Digest::of(self.folder.as_os_str().as_encoded_bytes());
        let logs = Digest::of(format!("{logs:?}"));
        format!("logs-{:.8}-{:.12}", folder.as_str(), logs.as_str())
    }

    /// Compresses them beside the originals; into the secondary store where there is no room for that.
    pub(super) async fn compress(&self, batch: &str) -> Result<String, ActError> {
        let until = Instant::now() + BUDGET;
        let device = std::fs::metadata(&self.folder).map_err(ActError::io("look at", &self.folder))?.dev();
        let open = processes::open_on(device);
        let is_written = |file| open.iter().any(|open| open.writes && open.file == file);
        let (mut done, mut left) = (0, Vec::new());
        for log in self.candidates() {
            if Instant::now() >= until {
                left.push(format!("{} and longer ones wait", log.name));
                break;
            }
            let path = self.folder.join(&log.name);
            let about = std::fs::symlink_metadata(&path).map_err(ActError::io("look at", &path))?;
            if is_written(FileId::of(&about)) {
                left.push(format!("{} is being written", log.name));
                continue;
            }
            match self.compress_one(&path, &log, batch).await {
                Ok(None) => done += 1,
                Ok(Some(why)) => left.push(format!("{} {why}", log.name)),
                Err(error) if error.kind() == ErrorKind::StorageFull => {
                    left.push(format!("there is no room to compress {}", log.name));
                    break;
                }
                Err(error) => return Err(ActError::io("compress", &path)(error)),
            }
        }
        let left = if left.is_empty() { String::new() } else { format!("; {}", left.join(", ")) };
        Ok(format!("{done} logs are compressed{left}"))
    }

    /// Compresses one; answers why it stays as it is, if it does.
    async fn compress_one(&self, path: &Path, log: &Log, batch: &str) -> std::io::Result<Option<&'static str>> {
        let beside = self.packed(&log.name);
        if beside.exists() {
            let own = carry::mark(&beside).filter(|(mark, _)| mark == batch);
            // A kill came after the new name and before the removal of the old one.
            let (Some((_, sum)), Ok(now)) = (own, carry::sum(path).await) else { return Ok(Some("has a namesake")) };
            return if sum == now { remove(path).map(|()| None) } else { Ok(Some("has a namesake")) };
        }
        let (packed, length) = match (carry::pack(path, &beside, batch).await, &self.secondary) {
            (Err(error), Some(secondary)) if error.kind() == ErrorKind::StorageFull => {
                let there = secondary.join(batch).join(format!("{}.gz", log.name));
                let length = carry::pack(path, &there, batch).await?;
                (there, length)
            }
            (packed, _) => (beside, packed?),
        };
        let about = std::fs::symlink_metadata(path)?;
        let unchanged = about.len() == log.bytes && about.modified()? == log.modified;
        if !unchanged || length >= log.bytes {
            files::remove(&packed)?;
            return Ok(Some(if unchanged { "does not become shorter" } else { "was written meanwhile" }));
        }
        remove(path).map(|()| None)
    }

    /// Makes those of a batch as they were.
    pub(super) async fn expand(&self, batch: &str) -> Result<String, ActError> {
        let mut done = 0;
        let there = self.secondary.as_ref().map(|secondary| files::beneath(secondary, batch)).transpose()?;
        for folder in std::iter::once(&self.folder).chain(&there) {
            for name in files::newest_first(folder).unwrap_or_default() {
                let packed = folder.join(&name);
                let own = carry::mark(&packed).filter(|(mark, _)| mark == batch);
                let (Some((_, sum)), Some(name)) = (own, name.strip_suffix(".gz")) else { continue };
                let error = |error| ActError::io("expand", &packed)(error);
                self.expand_one(&packed, &self.folder.join(name), (batch, &sum)).await.map_err(error)?;
                done += 1;
            }
        }
        there.map(std::fs::remove_dir);
        Ok(format!("{done} logs are as they were"))
    }

    async fn expand_one(&self, packed: &Path, path: &Path, (batch, sum): (&str, &str)) -> std::io::Result<()> {
        if path.exists() {
            let same = carry::sum(path).await? == sum;
            return if same { remove(packed) } else { Err(std::io::Error::other("a new log has its name")) };
        }
        match (carry::unpack(packed, path).await, &self.secondary) {
            // Both forms at once do not fit: the compressed one waits elsewhere.
            (Err(error), Some(secondary)) if error.kind() == ErrorKind::StorageFull => {
                let there = secondary.join(batch).join(packed.file_name().unwrap_or_default());
                carry::copy(packed, &there).await?;
                remove(packed)?;
                carry::unpack(&there, path).await?;
                remove(&there)
            }
            (expanded, _) => expanded.and_then(|()| remove(packed)),
        }
    }

    fn packed(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.gz"))
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    files::remove(path)?;
    carry::sync_folder_of(path)
}
