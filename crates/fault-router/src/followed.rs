//! One file that is followed.

use crate::block::{Block, Owner};
use crate::context::{BYTES_AHEAD, BYTES_BACK};
use crate::edge::Edge;
use crate::folder::Standing;
use crate::lines;
use crate::place::{Cursor, FileKey, Place, Stream};
use crate::rules::Rules;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant, SystemTime};
use uuid::Uuid;

/// A file with its place.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) key: FileKey,
    pub(crate) name: String,
    pub(crate) standing: Standing,
    /// Closed while too many are open.
    handle: Option<File>,
    life: Uuid,
    cursor: Cursor,
    edge: Edge,
    past: Vec<Stream>,
    seen: Option<(u64, SystemTime)>,
    grown: Instant,
    /// Whether the rest is a part of a line.
    waiting: bool,
}

/// How a file is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Whether it is the same file is asked even when nothing seems to have changed.
    pub(crate) thorough: bool,
    /// After this time without growth, a file that nobody should write any more is complete.
    pub(crate) linger: Duration,
}

/// What a step forward came to.
#[derive(Debug)]
pub(crate) enum Advance {
    /// Nothing to read.
    Idle,
    /// Lines without a fault.
    Passed,
    /// The file was truncated or replaced; it begins anew.
    Restarted,
    /// A line that a rule concerns.
    Hit(Line),
}

/// What reading on came to.
enum Loaded {
    Nothing,
    /// It was truncated, or another file is in its place.
    Another,
    Up {
        to_end: bool,
    },
}

/// A line that was split out.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) cut: bool,
    /// Some of what follows.
    pub(crate) after: Vec<u8>,
}

impl Followed {
    /// A file at the place that is known of it; from its beginning, if it does not look as it did there.
    pub(crate) fn at(handle: File, name: String, standing: Standing, place: &Place) -> io::Result<Self> {
        let key = FileKey::of(&handle.metadata()?);
        let known = Edge::read(&handle, place.stream.cursor.offset)?.filter(|e| e.print() == place.stream.print);
        let place = if known.is_some() { place.clone() } else { place.clone().next_life() };
        let stream = place.stream.resumed();
        let edge = known.filter(|_| !place.stream.again).unwrap_or_default();
        Ok(Self {
            key,
            name,
            standing,
            handle: Some(handle),
            life: stream.life,
            cursor: stream.cursor,
            past: place.past,
            edge,
            seen: None,
            grown: Instant::now(),
            waiting: false,
        })
    }

    /// The place, to be remembered.
    pub(crate) fn place(&self) -> Place {
        Place { name: self.name.clone(), stream: self.stream(), past: self.past.clone() }
    }

    /// How far it was read.
    pub(crate) fn stream(&self) -> Stream {
        Stream { life: self.life, cursor: self.cursor, print: self.edge.print(), again: false }
    }

    /// Steps forward: to behind the next line that a rule concerns, or over what is there.
    pub(crate) fn advance(&mut self, block: &mut Block, rules: &Rules, look: Look) -> io::Result<Advance> {
        let (owner, offset) = (self.owner(), self.cursor.offset);
        let mut last = false;
        if !block.has_line(owner, offset) {
            match self.load(block, look)? {
                Loaded::Nothing => return Ok(Advance::Idle),
                Loaded::Another => {
                    self.restart();
                    return Ok(Advance::Restarted);
                }
                Loaded::Up { to_end } => last = to_end && self.is_complete(look.linger),
            }
        }
        let rest = block.from(owner, offset);
        let step = lines::step(rest, self.cursor.skipping, last, rules);
        if step.used == 0 {
            self.waiting = true;
            return Ok(Advance::Idle);
        }
        let (done, after) = rest.split_at(step.used.min(rest.len()));
        self.edge.consume(done);
        self.cursor = Cursor { offset: offset + step.used as u64, skipping: step.skipping };
        let Some(range) = step.line else { return Ok(Advance::Passed) };
        Ok(Advance::Hit(Line {
            offset: offset + range.start as u64,
            bytes: done.get(range).unwrap_or_default().to_vec(),
            cut: step.cut,
            after: after.get(..BYTES_AHEAD).unwrap_or(after).to_vec(),
        }))
    }

    /// Reads on from the place, if there is something and it still is the same file.
    fn load(&mut self, block: &mut Block, look: Look) -> io::Result<Loaded> {
        let Some(handle) = &self.handle else { return Ok(Loaded::Nothing) };
        let (metadata, offset) = (handle.metadata()?, self.cursor.offset);
        let seen = (metadata.len(), metadata.modified()?);
        let changed = self.seen != Some(seen);
        if changed {
            (self.seen, self.grown, self.waiting) = (Some(seen), Instant::now(), false);
        }
        let more = seen.0 > offset && (!self.waiting || self.is_complete(look.linger));
        if !more {
            let same = !(changed || look.thorough) || self.edge.is_at(handle, offset)?;
            return Ok(if same { Loaded::Nothing } else { Loaded::Another });
        }
        block.load(handle, self.owner(), offset)?;
        // Asked after reading: a truncation at any moment before shows, so lines of two lives never mix.
        let mut edge = self.edge.clone();
        edge.consume(block.from(self.owner(), offset));
        let same = edge.is_at(handle, block.end())?;
        Ok(if same { Loaded::Up { to_end: block.end() >= seen.0 } } else { Loaded::Another })
    }

    fn restart(&mut self) {
        let next = self.place().next_life();
        (self.life, self.cursor, self.edge, self.past) =
            (next.stream.life, next.stream.cursor, Edge::default(), next.past);
        (self.seen, self.waiting) = (None, false);
    }

    fn owner(&self) -> Owner {
        (self.key, self.life)
    }

    /// Whether nothing more is expected: it was rotated or removed, and has not grown for a while.
    pub(crate) fn is_complete(&self, linger: Duration) -> bool {
        self.standing != Standing::Live && self.grown.elapsed() >= linger
    }

    /// Whether the file holds more than was read, by its length in a listing.
    pub(crate) fn differs_from(&self, length: u64) -> bool {
        length != self.cursor.offset
    }

    /// When it last grew; `None` while it is closed or not read to its end.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        (self.is_open() && self.is_finished() && self.standing != Standing::Gone).then_some(self.grown)
    }

    /// Whether it was read to its end, as far as was seen.
    pub(crate) fn is_finished(&self) -> bool {
        self.seen.is_some_and(|(length, _)| length <= self.cursor.offset)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.handle.is_some()
    }

    pub(crate) fn close(&mut self) {
        self.handle = None;
    }

    /// Opens it again; a file that is another one meanwhile is left to the next listing.
    pub(crate) fn reopen(&mut self, handle: File) -> io::Result<()> {
        if FileKey::of(&handle.metadata()?) == self.key {
            (self.handle, self.seen) = (Some(handle), None);
        }
        Ok(())
    }

    /// The bytes before a place, and whether they begin with a whole line.
    pub(crate) fn before(&self, offset: u64) -> (Vec<u8>, bool) {
        let length = usize::try_from(offset).map_or(BYTES_BACK, |offset| offset.min(BYTES_BACK));
        let mut bytes = vec![0; length];
        let from = offset - length as u64;
        // Context is a courtesy: without it the detection goes its way.
        let read = self.handle.as_ref().map(|handle| handle.read_exact_at(&mut bytes, from));
        if matches!(read, Some(Ok(()))) { (bytes, from == 0) } else { (Vec::new(), true) }
    }
}
