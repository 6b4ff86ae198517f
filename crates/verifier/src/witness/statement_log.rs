//! PostgreSQL's own statement log in its JSON form: it tells which statements a replay really completed.

use regex::Regex;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use wire::ReplayId;

/// How much is read for one replay; a log that grows faster cannot be followed.
const MAX_READ: u64 = 64 << 20;
/// How many files of a folder are looked at.
const MAX_FILES: usize = 1_000;
/// How many statements are kept as a sample, and how much of each.
const SAMPLE: (usize, usize) = (5, 200);

/// A log, read on from where it stood when it was opened.
#[derive(Debug)]
pub struct StatementLog {
    path: PathBuf,
    statement: Regex,
    /// How far each file was read: up to the end of a line.
    at: HashMap<PathBuf, u64>,
    read: u64,
    /// How many completed statements of the replay matched.
    pub seen: u64,
    /// Some of them.
    pub sample: Vec<String>,
}

/// One line, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    application_name: Option<String>,
    message: Option<String>,
}

impl StatementLog {
    /// Notes where the log stands. None when it cannot be read.
    pub fn open(path: &Path, statement: &str) -> Option<Self> {
        let statement = Regex::new(statement).ok()?;
        let mut at = HashMap::new();
        for file in files(path).ok()? {
            let size = File::open(&file).and_then(|file| file.metadata()).ok()?.len();
            at.insert(file, size);
        }
        let path = path.to_owned();
        (!at.is_empty()).then_some(Self { path, statement, at, read: 0, seen: 0, sample: Vec::new() })
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
        for line in bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n') {
            self.note(&String::from_utf8_lossy(line), replay);
        }
        self.read += whole as u64;
        self.at.insert(path.to_owned(), begin + whole as u64);
        Ok(())
    }

    fn note(&mut self, line: &str, replay: &ReplayId) {
        let Some(sql) = completed(line, replay).filter(|sql| self.statement.is_match(sql)) else { return };
        self.seen += 1;
        if self.sample.len() < SAMPLE.0 {
            self.sample.push(sql.chars().take(SAMPLE.1).collect());
        }
    }
}

/// The statement that a line reports as completed for a replay. Parsing and binding are no completion.
fn completed(line: &str, replay: &ReplayId) -> Option<String> {
    // Most lines are somebody else's: they are not worth a parse.
    if !line.contains(replay.as_str()) {
        return None;
    }
    let line: Line = serde_json::from_str(line).ok()?;
    if line.application_name.as_deref() != Some(replay.as_str()) {
        return None;
    }
    let message = line.message?;
    let (duration, rest) = message.strip_prefix("duration: ")?.split_once(" ms  ")?;
    duration.parse::<f64>().ok()?;
    let (what, sql) = rest.split_once(": ")?;
    let is_completion = what == "statement" || what.starts_with("execute ");
    is_completion.then(|| sql.to_owned())
}

/// The file itself, or the `*.json` of a folder.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.metadata()?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)?.take(MAX_FILES) {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
