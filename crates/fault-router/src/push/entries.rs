//! The lines of one request: judged as they come, recorded together.

use super::error::PushError;
use super::{Intake, Post};
use crate::context::{self, BYTES_AHEAD, BYTES_BACK};
use crate::fields::{self, Fields};
use crate::moment;
use crate::recognise::{Found, Judge, Name, Origin};
use crate::spool::Batch;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use wire::push::{MAX_TOLD, RefusedLine};
use wire::{FaultCode, TargetName};

/// After so many faults in one request, more get no context: what floods us must not grow on the way.
const FULL_CONTEXT: usize = 100;

/// What became of a request's lines.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) accepted: u64,
    pub(super) detections: u64,
    pub(super) rejected: u64,
    pub(super) errors: Vec<RefusedLine>,
    /// Whether nothing but the target was wrong.
    pub(super) all_unknown: bool,
}

/// The lines of one target, one after the other as in a file, and the faults among them.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    hits: Vec<Hit>,
}

struct Hit {
    start: usize,
    line: String,
    found: Found,
    time: Option<String>,
    index: u64,
}

/// The lines of one request.
pub(super) struct Entries<'i> {
    intake: &'i Intake,
    key: &'i str,
    taken: Taken,
    lines: BTreeMap<TargetName, Lines>,
    now: DateTime<Utc>,
}

impl<'i> Entries<'i> {
    pub(super) fn new(intake: &'i Intake, key: &'i str) -> Self {
        let taken = Taken { all_unknown: true, ..Taken::default() };
        Self { intake, key, taken, lines: BTreeMap::new(), now: intake.clock.now() }
    }

    /// Adds a body of lines. Where `json` is demanded, each must be one object.
    pub(super) fn add_lines(&mut self, body: &[u8], json: bool, default: Option<&str>) {
        for line in body.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(crate::rules::without_return(line));
            if line.trim().is_empty() {
                continue;
            }
            let fields = fields::parse(&line, false);
            let structured = fields.is_some();
            if json && !structured {
                self.refuse("it is not one JSON object on one line".to_owned(), false);
                continue;
            }
            let fields = fields.unwrap_or_default();
            let names = fields.target.clone().or_else(|| default.map(str::to_owned));
            match self.target_of(names.into_iter()) {
                Ok(target) => {
                    let time = fields.ts.clone().or_else(|| moment::leading(&line));
                    self.add(&target, line.into_owned(), fields, structured, time);
                }
                Err(why) => {
                    self.refuse(format!("{why}: a line names its target by `target`, a request by ?target="), true)
                }
            }
        }
    }

    /// The first of some names that is a target's.
    pub(super) fn target_of(&self, names: impl Iterator<Item = String>) -> Result<TargetName, String> {
        let mut why = None;
        for name in names {
            match self.intake.post(&name) {
                Ok(post) => return Ok(post.desk.target.clone()),
                Err(wrong) => why = why.or(Some(wrong)),
            }
        }
        Err(why.unwrap_or_else(|| "no target is named".to_owned()))
    }

    pub(super) fn refuse(&mut self, message: String, unknown: bool) {
        let line = self.taken.accepted + self.taken.rejected + 1;
        self.taken.rejected += 1;
        self.taken.all_unknown &= unknown;
        if self.taken.errors.len() < MAX_TOLD {
            self.taken.errors.push(RefusedLine { line, message });
        }
    }

    /// Takes a line.
    pub(super) fn add(
        &mut self,
        target: &TargetName,
        line: String,
        fields: Fields,
        structured: bool,
        time: Option<String>,
    ) {
        let Some(post) = self.intake.targets.get(target) else { return };
        let index = self.taken.accepted + self.taken.rejected;
        self.taken.accepted += 1;
        let lines = self.lines.entry(target.clone()).or_default();
        let start = lines.text.len();
        lines.text.extend(line.bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
        lines.text.push(b'\n');
        let judge = Judge { rules: &post.rules, errors: post.desk.errors.as_ref(), now: self.now };
        for found in judge.fields(line.as_bytes(), fields, structured) {
            lines.hits.push(Hit { start, line: line.clone(), found, time: time.clone(), index });
        }
    }

    /// Puts the detections on disk, all or none.
    pub(super) fn record(mut self) -> Result<Taken, PushError> {
        let lines = std::mem::take(&mut self.lines);
        let posts = lines.iter().filter_map(|(target, lines)| Some((self.intake.targets.get(target)?, lines)));
        let noticed: Vec<(&Arc<Post>, Vec<FaultCode>)> =
            posts.map(|(post, lines)| (post, lines.hits.iter().map(|hit| hit.found.code.clone()).collect())).collect();
        let written = self.write_all(lines);
        // What was noticed and could not be kept is noticed again when the same is sent again.
        noticed.iter().for_each(|(post, codes)| post.desk.settle(codes.iter(), written.is_ok()));
        written.map(|()| self.taken)
    }

    fn write_all(&mut self, lines: BTreeMap<TargetName, Lines>) -> Result<(), PushError> {
        let mut batches = Vec::new();
        for (target, lines) in lines {
            let Some(post) = self.intake.targets.get(&target) else { continue };
            self.taken.detections += lines.hits.len() as u64;
            batches.extend(self.write(post, lines)?);
        }
        Ok(batches.into_iter().try_for_each(Batch::commit)?)
    }

    fn write(&self, post: &'i Post, lines: Lines) -> Result<Option<Batch<'i>>, PushError> {
        let Lines { text, hits } = lines;
        let mut recent = post.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, now) = (recent.len(), self.now);
        recent.extend_from_slice(&text);
        drop(text);
        let mut batch = if hits.is_empty() { None } else { Some(post.spool.begin()?) };
        for (count, hit) in hits.into_iter().enumerate() {
            let limit = if count < FULL_CONTEXT { self.intake.context_lines } else { 0 };
            let context = context_of(&recent, old + hit.start, &hit.found.ties(), limit);
            let sent = Name::Sent { key: self.key, index: hit.index };
            let name = hit.time.as_deref().map_or(sent, Name::Time);
            let origin = Origin { target: &post.desk.target, name, line: hit.line.as_bytes() };
            let detection = hit.found.detection(origin, context, now);
            batch.as_mut().map_or(Ok(()), |batch| batch.add(&detection))?;
        }
        // From a line's beginning on, so that the next context begins with a whole line.
        let surplus = recent.len().saturating_sub(BYTES_BACK);
        let cut = recent.get(surplus..).and_then(|rest| memchr::memchr(b'\n', rest)).map_or(0, |end| surplus + end + 1);
        recent.drain(..if surplus > 0 { cut } else { 0 });
        recent.shrink_to(BYTES_BACK);
        Ok(batch)
    }
}

fn context_of(text: &[u8], start: usize, ties: &[String], limit: usize) -> Vec<String> {
    let (before, rest) = text.split_at(start.min(text.len()));
    let after = memchr::memchr(b'\n', rest).and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    let from = before.len().saturating_sub(BYTES_BACK);
    let (before, after) = (before.get(from..).unwrap_or_default(), after.get(..BYTES_AHEAD).unwrap_or(after));
    context::choose(before, from == 0, after, ties, limit)
}

#[cfg(test)]
mod tests;
