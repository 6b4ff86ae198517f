//! The sample of one target: of each kind of exchange the newest few. Pure.

use std::collections::{BTreeMap, VecDeque};
use wire::redact;
use wire::target::Request;
use wire::traffic::{MAX_FILE, Recorded};

/// How many exchanges of the same method, path and status are kept.
const ALIKE: usize = 3;
/// How many kinds are kept; the one that was not seen for longest goes first.
const KINDS: usize = 128;
/// A longer path is not kept, bytes.
const MAX_PATH: usize = 2_000;

type Kind = (String, String, u16);

/// The newest few exchanges of each kind.
#[derive(Debug, Default)]
pub struct Sample {
    kinds: BTreeMap<Kind, VecDeque<Recorded>>,
    changed: bool,
}

impl Sample {
    /// What a file holds; lines that are damaged are left out.
    pub fn read(bytes: &[u8]) -> Self {
        let mut sample = Self::default();
        for line in String::from_utf8_lossy(bytes).lines() {
            if let Ok(recorded) = serde_json::from_str::<Recorded>(line) {
                sample.add(recorded);
            }
        }
        sample.changed = false;
        sample
    }

    /// Adds an exchange. Answers whether the file has to be written: one that is there already only counts as newer.
    pub fn add(&mut self, recorded: Recorded) -> bool {
        let Request { method, path, .. } = &recorded.request;
        let kind = (method.clone(), path.split('?').next().unwrap_or_default().to_owned(), recorded.status);
        let alike = self.kinds.entry(kind).or_default();
        if let Some(same) = alike.iter_mut().find(|same| same.request == recorded.request) {
            same.at = same.at.max(recorded.at);
            return false;
        }
        if !is_plain(&recorded.request) {
            self.kinds.retain(|_, alike| !alike.is_empty());
            return false;
        }
        alike.push_back(recorded);
        if alike.len() > ALIKE {
            alike.pop_front();
        }
        if self.kinds.len() > KINDS {
            let newest = |alike: &VecDeque<Recorded>| alike.iter().map(|recorded| recorded.at).max();
            let oldest = self.kinds.iter().min_by_key(|(_, alike)| newest(alike)).map(|(kind, _)| kind.clone());
            oldest.map(|kind| self.kinds.remove(&kind));
        }
        self.changed = true;
        true
    }

    /// The file's new text, if it has to be written: oldest first, and of what would be too much only the newest.
    pub fn changed(&mut self) -> Option<String> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut all: Vec<&Recorded> = self.kinds.values().flatten().collect();
        all.sort_by_key(|recorded| std::cmp::Reverse(recorded.at));
        let lines = all.into_iter().filter_map(|recorded| serde_json::to_string(recorded).ok());
        let mut left = usize::try_from(MAX_FILE).unwrap_or(0);
        let fits = |line: &String| {
            let fits = left.checked_sub(line.len() + 1);
            left = fits.unwrap_or(0);
            fits.is_some()
        };
        let mut lines: Vec<String> = lines.take_while(fits).collect();
        lines.reverse();
        Some(lines.into_iter().map(|line| line + "\n").collect())
    }
}

/// Whether there is nothing in it that redaction would take away: a redacted request cannot be repeated truthfully.
fn is_plain(request: &Request) -> bool {
    let Request { path, headers, body, .. } = request;
    let parts = [path, body].into_iter().chain(headers.values());
    path.len() <= MAX_PATH && parts.into_iter().all(|part| redact(part) == part.as_str())
}
