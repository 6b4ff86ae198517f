//! PostgreSQL's own statement log in its JSON form: it tells which statements a replay really completed.

use super::sql::without_comments;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wire::ReplayId;

/// How much is read for one replay, bytes; a log that grows faster cannot be followed.
const MAX_READ: u64 = 64 << 20;
/// How many files of a folder are looked at: the newest.
const MAX_FILES: usize = 1_000;

/// A statement that was completed, or that the server refused or cancelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The statement without its comments.
    pub sql: String,
    /// How long it ran until it was completed, milliseconds.
    pub took_ms: f64,
    /// The transaction that was still open then: the session and the session's own number of it. A statement that was a
    /// transaction by itself has none, and neither has the end of one.
    pub transaction: Option<String>,
    /// Whether it came to an error.
    pub failed: bool,
}

/// A log, read on from where it stood when it was opened.
#[derive(Debug)]
pub struct LogEntries {
    path: PathBuf,
    /// How far each file was read: up to the end of a line.
    at: HashMap<PathBuf, u64>,
    read: u64,
    /// The replay's completed statements, in the order of the log.
    pub entries: Vec<Entry>,
}

/// One line, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    application_name: Option<String>,
    session_id: Option<String>,
    vxid: Option<String>,
    message: Option<String>,
    error_severity: Option<String>,
    statement: Option<String>,
}

impl LogEntries {
    /// Notes where the log stands. None when it cannot be read.
    pub fn open(path: &Path) -> Option<Self> {
        let mut at = HashMap::new();
        for file in files(path).ok()? {
            let size = File::open(&file).and_then(|file| file.metadata()).ok()?.len();
            at.insert(file, size);
        }
        let path = path.to_owned();
        (!at.is_empty()).then_some(Self { path, at, read: 0, entries: Vec::new() })
    }

    /// Reads what was written since; answers whether it could.
    pub fn read_on(&mut self, replay: &ReplayId) -> bool {
        let Ok(files) = files(&self.path) else { return false };
        !files.is_empty() && files.iter().all(|file| self.read_file(file, replay).is_ok()) && self.read <= MAX_READ
    }

    fn read_file(&mut self, path: &Path, replay: &ReplayId) -> io::Result<()> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let begin = self.at.get(path).copied().unwrap_or(0);
        // A file that has shrunk was begun anew.
        let begin = if size < begin { 0 } else { begin };
        if size == begin {
            return Ok(());
        }
        file.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        file.take(MAX_READ + 1).read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
        self.entries.extend(lines.filter_map(|line| reported(&String::from_utf8_lossy(line), replay)));
        self.read += whole as u64;
        self.at.insert(path.to_owned(), begin + whole as u64);
        Ok(())
    }
}

/// The statement that a line reports for a replay as completed, or as failed. Parsing and binding are no completion.
fn reported(line: &str, replay: &ReplayId) -> Option<Entry> {
    // Most lines are somebody else's: they are not worth a parse.
    if !line.contains(replay.as_str()) {
        return None;
    }
    let line: Line = serde_json::from_str(line).ok()?;
    if line.application_name.as_deref() != Some(replay.as_str()) {
        return None;
    }
    let transaction = line.session_id.zip(line.vxid).and_then(|(session, number)| {
        // `3/0` says that no transaction is open.
        let is_open = number.split_once('/').is_some_and(|(_, local)| local != "0");
        is_open.then(|| format!("{session} {number}"))
    });
    if line.error_severity.is_some_and(|severity| severity == "ERROR") {
        let sql = without_comments(&line.statement.unwrap_or_default());
        return Some(Entry { sql, took_ms: 0.0, transaction, failed: true });
    }
    let message = line.message?;
    let (duration, rest) = message.strip_prefix("duration: ")?.split_once(" ms  ")?;
    let took_ms = duration.parse::<f64>().ok()?;
    let (what, sql) = rest.split_once(": ")?;
    let is_completion = what == "statement" || what.starts_with("execute ");
    is_completion.then(|| Entry { sql: without_comments(sql), took_ms, transaction, failed: false })
}

/// The file itself, or the newest `*.json` of a folder.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.metadata()?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    if files.len() > MAX_FILES {
        let changed =
            |path: &PathBuf| path.metadata().and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        files.sort_by_cached_key(|path| std::cmp::Reverse(changed(path)));
        files.truncate(MAX_FILES);
    }
    // The names hold the time: a transaction that goes over a rotation is read in its order.
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
