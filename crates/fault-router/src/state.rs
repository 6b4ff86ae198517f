//! The ledger on disk: one JSON file a target, replaced as a whole.

use crate::ledger::Ledger;
use crate::place::{FileKey, Place};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

#[derive(Serialize, Deserialize)]
struct Written {
    since: DateTime<Utc>,
    files: Vec<(FileKey, Place)>,
}

/// Reads a ledger; begins one when there is none. One that cannot be understood is put aside: reading all files again
/// repeats detections, which the store knows by their ids.
pub(crate) fn open(path: &Path, now: DateTime<Utc>) -> io::Result<Ledger> {
    let fresh = Ledger { since: now, places: Default::default() };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            save(path, &fresh)?;
            return Ok(fresh);
        }
        Err(error) => return Err(error),
    };
    match serde_json::from_slice::<Written>(&bytes) {
        Ok(written) => Ok(Ledger { since: written.since, places: written.files.into_iter().collect() }),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "the state is not readable; it is put aside and all files are read again");
            fs::rename(path, path.with_extension("unreadable"))?;
            Ok(fresh)
        }
    }
}

/// Writes a ledger beside the old one and puts it in its place, so that a crash leaves one of the two.
pub(crate) fn save(path: &Path, ledger: &Ledger) -> io::Result<()> {
    let files = ledger.places.iter().map(|(key, place)| (*key, place.clone())).collect();
    let text = serde_json::to_vec(&Written { since: ledger.since, files })?;
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::News;

    #[test]
    fn a_ledger_comes_back_as_it_was_and_an_unreadable_one_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.json");
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let mut ledger = open(&path, now).unwrap();
        let key = FileKey::of(&fs::metadata(&path).unwrap());
        ledger.take_in(News::Began(key, Place::fresh("x.log").next_life()));
        save(&path, &ledger).unwrap();
        assert_eq!(open(&path, "2026-11-23T10:00:00Z".parse().unwrap()).unwrap(), ledger);
        fs::write(&path, "{half").unwrap();
        assert!(open(&path, now).unwrap().places.is_empty());
        assert!(path.with_extension("unreadable").exists());
    }
}
