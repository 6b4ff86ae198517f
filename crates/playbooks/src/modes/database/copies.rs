//! A database with what belongs to it, kept as it is and put back.

use crate::error::ActError;
use crate::{carry, files};
use std::path::{Path, PathBuf};

/// So many copies of one name that differ are kept.
const MOST_AGAIN: u32 = 20;
/// What may belong to a database, after its name.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The copies of a database.
pub(super) struct Copies<'a> {
    pub(super) database: &'a Path,
    pub(super) folder: &'a Path,
}

impl Copies<'_> {
    /// Keeps it as it is under a name, as a folder that is there as a whole, unless that was done before. What was written since is
    /// kept under the next free name; the first stays what an undo puts back.
    pub(super) async fn keep(&self, copy: &str) -> Result<(), ActError> {
        let mut name = copy.to_owned();
        for again in 1..=MOST_AGAIN {
            if !self.kept(&name)?.exists() {
                return self.keep_as(&name).await;
            }
            if self.is_kept_in(&name).await? {
                return Ok(());
            }
            name = format!("{copy}-again-{again}");
        }
        Err(ActError::Refused(format!("there are {MOST_AGAIN} copies {copy} that differ: look at them first")))
    }

    /// Whether the file itself is as in a copy.
    async fn is_kept_in(&self, copy: &str) -> Result<bool, ActError> {
        let kept = self.database_of(copy)?;
        if !(kept.exists() && self.database.exists()) {
            return Ok(kept.exists() == self.database.exists());
        }
        let now = carry::sum(self.database).await.map_err(ActError::io("read", self.database))?;
        Ok(now == carry::sum(&kept).await.map_err(ActError::io("read", &kept))?)
    }

    async fn keep_as(&self, copy: &str) -> Result<(), ActError> {
        let kept = self.kept(copy)?;
        let part = self.folder.join(format!(".{copy}.part"));
        let io = |what, error| ActError::io(what, &part)(error);
        if part.exists() {
            std::fs::remove_dir_all(&part).map_err(|error| io("remove", error))?;
        }
        std::fs::create_dir_all(&part).map_err(|error| io("make", error))?;
        for path in self.all().into_iter().filter(|path| path.exists()) {
            let to = part.join(path.file_name().unwrap_or_default());
            carry::copy(&path, &to).await.map_err(ActError::io("copy", &path))?;
        }
        std::fs::rename(&part, &kept).map_err(|error| io("rename", error))?;
        carry::sync_folder_of(&kept).map_err(|error| io("keep", error))
    }

    /// Puts a copy back. What is there now is kept beside it: somebody may have written meanwhile.
    pub(super) async fn put_back(&self, copy: &str) -> Result<String, ActError> {
        let kept = self.kept(copy)?;
        self.keep(&format!("{copy}-undone")).await?;
        self.remove_journals()?;
        for path in self.all() {
            let from = kept.join(path.file_name().unwrap_or_default());
            if from.exists() {
                carry::copy(&from, &path).await.map_err(ActError::io("put back", &path))?;
            } else {
                files::remove(&path).map_err(ActError::io("remove", &path))?;
            }
        }
        Ok("the database is as it was".into())
    }

    /// Removes what belongs to the database beside the file itself.
    pub(super) fn remove_journals(&self) -> Result<(), ActError> {
        for end in BESIDE {
            let path = beside(self.database, end);
            files::remove(&path).map_err(ActError::io("remove", &path))?;
        }
        carry::sync_folder_of(self.database).map_err(ActError::io("change the folder of", self.database))
    }

    /// Whether anything was ever kept.
    pub(super) fn are_any(&self) -> bool {
        std::fs::read_dir(self.folder).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// The folder of a copy.
    pub(super) fn kept(&self, copy: &str) -> Result<PathBuf, ActError> {
        files::beneath(self.folder, copy)
    }

    /// Where the file itself is in a copy.
    pub(super) fn database_of(&self, copy: &str) -> Result<PathBuf, ActError> {
        Ok(self.kept(copy)?.join(self.database.file_name().unwrap_or_default()))
    }

    fn all(&self) -> Vec<PathBuf> {
        let beside = BESIDE.iter().map(|end| beside(self.database, end));
        beside.chain(std::iter::once(self.database.to_owned())).collect()
    }
}

/// What belongs to a database, by the end of its name.
pub(super) fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}
