//! What was taken, kept over restarts: a file of JSON lines a day. A call is entered before it is made; the line that
//! corrects it has the same number. A crash in between leaves the higher one.

use crate::budget::{Amount, Limits, OverBudget, Taken, decide};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use wire::{Epoch, IncidentId};

/// So many days are read at the start; older files are removed.
const DAYS: u64 = 30;

/// See the module.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    entries: Mutex<BTreeMap<u64, Entry>>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number: a later line with the same one replaces an earlier.
    pub number: u64,
    /// When it was entered.
    pub at: DateTime<Utc>,
    /// The epoch that its incident belongs to.
    pub epoch: Epoch,
    /// The incident that it was made for.
    pub incident: IncidentId,
    /// Who was asked: `provider/model`.
    pub asked: String,
    /// What it took, or may take at most.
    pub amount: Amount,
}

/// A call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Now.
    pub at: DateTime<Utc>,
    /// The epoch; what was taken in an older one does not count.
    pub epoch: Epoch,
    /// The incident.
    pub incident: IncidentId,
    /// Who will be asked: `provider/model`.
    pub asked: String,
    /// What it may take at most.
    pub most: Amount,
}

/// Why nothing could be entered; then nothing may be asked.
#[derive(Debug, thiserror::Error)]
#[error("the ledger of the models cannot be {what}: {path}")]
pub struct LedgerError {
    what: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl Ledger {
    /// Opens the ledger of a folder; makes it when it is not there.
    ///
    /// # Errors
    /// When a file cannot be read. A line that was torn by a crash is no entry: its call was never made.
    pub fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self, LedgerError> {
        let failed = |what, path: &Path| {
            let path = path.to_owned();
            move |source| LedgerError { what, path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed("made", folder))?;
        let oldest = now.date_naive().checked_sub_days(Days::new(DAYS)).unwrap_or_default();
        let mut entries = BTreeMap::new();
        for file in std::fs::read_dir(folder).map_err(failed("read", folder))?.flatten() {
            let path = file.path();
            let Some(day) = day_of(&path) else { continue };
            if day < oldest {
                std::fs::remove_file(&path).map_err(failed("tidied", &path))?;
                continue;
            }
            let text = std::fs::read(&path).map_err(failed("read", &path))?;
            let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Entry>(line).ok());
            entries.extend(lines.map(|entry| (entry.number, entry)));
        }
        Ok(Self { folder: folder.to_owned(), entries: Mutex::new(entries) })
    }

    /// Enters a call at the most that it may take, and answers its number.
    ///
    /// # Errors
    /// When it does not fit into the budgets (inner), or cannot be entered (outer).
    pub fn book(&self, booking: Booking, limits: Limits) -> Result<Result<Entry, OverBudget>, LedgerError> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(over) = decide(taken(&entries, &booking), booking.most, limits) {
            return Ok(Err(over));
        }
        let number = entries.last_key_value().map_or(0, |(number, _)| *number).saturating_add(1);
        let Booking { at, epoch, incident, asked, most } = booking;
        let entry = Entry { number, at, epoch, incident, asked, amount: most };
        self.write(&entry)?;
        entries.insert(number, entry.clone());
        Ok(Ok(entry))
    }

    /// Corrects an entry to what the call took.
    ///
    /// # Errors
    /// When it cannot be written; the higher amount stands then.
    pub fn settle(&self, entry: Entry, amount: Amount) -> Result<(), LedgerError> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Entry { amount, ..entry };
        self.write(&entry)?;
        entries.insert(entry.number, entry);
        Ok(())
    }

    fn write(&self, entry: &Entry) -> Result<(), LedgerError> {
        let path = self.folder.join(format!("{}.jsonl", entry.at.date_naive()));
        append(&path, entry).map_err(|source| LedgerError { what: "written", path, source })
    }
}

fn taken(entries: &BTreeMap<u64, Entry>, booking: &Booking) -> Taken {
    let mut taken = Taken::default();
    for entry in entries.values().filter(|entry| entry.epoch >= booking.epoch) {
        if entry.incident == booking.incident {
            taken.incident = taken.incident.plus(entry.amount);
        }
        if entry.at.date_naive() == booking.at.date_naive() {
            taken.day = taken.day.plus(entry.amount);
        }
    }
    taken
}

/// Begins with a line break: a line that a crash tore stays one by itself.
fn append(path: &Path, entry: &Entry) -> io::Result<()> {
    let mut line = b"\n".to_vec();
    serde_json::to_writer(&mut line, entry)?;
    line.push(b'\n');
    let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(&line)?;
    file.sync_data()
}

fn day_of(path: &Path) -> Option<NaiveDate> {
    path.file_name()?.to_str()?.strip_suffix(".jsonl")?.parse().ok()
}

#[cfg(test)]
mod tests;
