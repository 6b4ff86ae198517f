//! What was told lately: a bounded ring of batches, each serialised once. Pure.

use actix_web::web::Bytes;
use std::collections::VecDeque;
use wire::Cursor;

/// Some events in one piece, as they go over the wire.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    bytes: Bytes,
    /// The place of each event, and where it ends within the bytes. Empty: it tells of the whole and has no place.
    marks: Box<[(Cursor, usize)]>,
}

impl Batch {
    pub(super) fn of(frames: &[(Cursor, String)]) -> Self {
        let mut bytes = Vec::with_capacity(frames.iter().map(|(_, text)| text.len()).sum());
        let ends = frames.iter().map(|(cursor, text)| {
            bytes.extend_from_slice(text.as_bytes());
            (*cursor, bytes.len())
        });
        let marks = ends.collect();
        Self { bytes: bytes.into(), marks }
    }

    pub(super) fn of_the_whole(text: String) -> Self {
        Self { bytes: text.into(), marks: Box::default() }
    }

    /// What of it comes after a place, without a copy.
    fn after(&self, after: Cursor) -> Bytes {
        let known = self.marks.partition_point(|(cursor, _)| *cursor <= after);
        let from = known.checked_sub(1).and_then(|last| self.marks.get(last)).map_or(0, |(_, end)| *end);
        self.bytes.slice(from..)
    }
}

/// The ring.
#[derive(Debug)]
pub(super) struct Ring {
    batches: VecDeque<Batch>,
    /// The number of the first batch; they are counted from the beginning.
    first: u64,
    bytes: usize,
    kept: usize,
    /// The event before the first that is here.
    floor: Cursor,
    newest: Cursor,
}

/// What a reader of the ring finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This.
    Some(Bytes),
    /// Nothing new.
    Nothing,
    /// What it had not read yet is gone.
    Gone,
}

/// How far a reader has read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The number of the next batch.
    pub(super) next: u64,
    /// The last event it knows.
    pub(super) after: Cursor,
    /// Batches without a place that are older than this were told before it came.
    pub(super) since: u64,
}

impl Ring {
    /// An empty one that keeps so many bytes, and at least the last batch.
    pub(super) fn new(kept: usize) -> Self {
        Self { batches: VecDeque::new(), first: 0, bytes: 0, kept, floor: Cursor::default(), newest: Cursor::default() }
    }

    /// Everything up to this place was told before.
    pub(super) fn begin_at(&mut self, floor: Cursor) {
        (self.floor, self.newest) = (floor, floor);
    }

    pub(super) fn push(&mut self, batch: Batch) {
        self.bytes += batch.bytes.len();
        self.newest = batch.marks.last().map_or(self.newest, |(cursor, _)| *cursor);
        self.batches.push_back(batch);
        while self.bytes > self.kept && self.batches.len() > 1 {
            let Some(gone) = self.batches.pop_front() else { break };
            self.bytes -= gone.bytes.len();
            self.first += 1;
            self.floor = gone.marks.last().map_or(self.floor, |(cursor, _)| *cursor);
        }
    }

    /// The place of somebody who knows everything up to an event; none when the next one may be gone.
    pub(super) fn place_after(&self, after: Cursor) -> Option<Place> {
        let before = |batch: &Batch| batch.marks.last().is_none_or(|(cursor, _)| *cursor <= after);
        let known = self.batches.iter().take_while(|batch| before(batch)).count() as u64;
        (after >= self.floor).then_some(Place { next: self.first + known, after, since: self.end() })
    }

    /// The place of somebody who begins now.
    pub(super) fn place_now(&self) -> Place {
        Place { next: self.end(), after: self.newest, since: self.end() }
    }

    /// Reads on; up to about so many bytes. One batch is shared, several are put together.
    pub(super) fn read(&self, place: &mut Place, about: usize) -> Found {
        let Some(skipped) = place.next.checked_sub(self.first) else { return Found::Gone };
        let mut whole: Option<Bytes> = None;
        for batch in self.batches.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)) {
            let is_old = batch.marks.is_empty() && place.next < place.since;
            place.next += 1;
            let piece = if is_old { Bytes::new() } else { batch.after(place.after) };
            place.after = batch.marks.last().map_or(place.after, |(cursor, _)| place.after.max(*cursor));
            if piece.is_empty() {
                continue;
            }
            whole = Some(match whole {
                None => piece,
                Some(before) => [before, piece].concat().into(),
            });
            if whole.as_ref().is_some_and(|whole| whole.len() >= about) {
                break;
            }
        }
        whole.map_or(Found::Nothing, Found::Some)
    }

    pub(super) fn floor(&self) -> Cursor {
        self.floor
    }

    pub(super) fn newest(&self) -> Cursor {
        self.newest
    }

    fn end(&self) -> u64 {
        self.first + self.batches.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(id: i64) -> Cursor {
        Cursor { txid: 1, id }
    }

    fn batch(ids: impl IntoIterator<Item = i64>) -> Batch {
        let frames: Vec<_> = ids.into_iter().map(|id| (cursor(id), format!("<{id}>"))).collect();
        Batch::of(&frames)
    }

    fn read(ring: &Ring, place: &mut Place) -> String {
        match ring.read(place, 1_000) {
            Found::Some(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Found::Nothing => String::new(),
            Found::Gone => "gone".into(),
        }
    }

    #[test]
    fn from_every_place_exactly_what_comes_after_it_is_read() {
        let mut ring = Ring::new(1_000);
        for ids in [1..=3, 4..=4, 5..=9] {
            ring.push(batch(ids));
        }
        for known in 0..=9 {
            let mut place = ring.place_after(cursor(known)).unwrap();
            let wanted: String = (known + 1..=9).map(|id| format!("<{id}>")).collect();
            assert_eq!(read(&ring, &mut place), wanted, "after {known}");
            assert_eq!(read(&ring, &mut place), "");
            ring.push(batch([10]));
            assert_eq!(read(&ring, &mut place), "<10>");
            ring = Ring::new(1_000);
            for ids in [1..=3, 4..=4, 5..=9] {
                ring.push(batch(ids));
            }
        }
    }

    #[test]
    fn who_is_ahead_is_told_nothing_twice() {
        let mut ring = Ring::new(1_000);
        ring.push(batch([1]));
        let mut place = ring.place_after(cursor(3)).unwrap();
        assert_eq!(read(&ring, &mut place), "");
        ring.push(batch([2, 3, 4]));
        assert_eq!(read(&ring, &mut place), "<4>");
    }

    #[test]
    fn what_is_gone_is_not_pretended() {
        let mut ring = Ring::new(7);
        let mut slow = ring.place_now();
        for id in 1..=4 {
            ring.push(batch([id]));
        }
        assert_eq!(read(&ring, &mut slow), "gone");
        assert_eq!((ring.floor(), ring.newest()), (cursor(2), cursor(4)));
        assert!(ring.place_after(cursor(1)).is_none());
        assert_eq!(read(&ring, &mut ring.place_after(cursor(2)).unwrap()), "<3><4>");
        ring.begin_at(cursor(9));
        assert!(ring.place_after(cursor(8)).is_none());
    }

    #[test]
    fn what_tells_of_the_whole_is_told_to_those_who_are_there_only() {
        let mut ring = Ring::new(1_000);
        ring.push(batch([1]));
        let mut there = ring.place_now();
        ring.push(Batch::of_the_whole("<paused>".into()));
        ring.push(batch([2]));
        let mut later = ring.place_after(cursor(1)).unwrap();
        assert_eq!(read(&ring, &mut there), "<paused><2>");
        assert_eq!(read(&ring, &mut later), "<2>");
    }

    #[test]
    fn a_long_way_is_read_in_parts() {
        let mut ring = Ring::new(1_000);
        for id in 1..=5 {
            ring.push(batch([id]));
        }
        let mut place = ring.place_after(cursor(0)).unwrap();
        let mut parts = Vec::new();
        while let Found::Some(part) = ring.read(&mut place, 6) {
            parts.push(part.len());
        }
        assert_eq!(parts, [6, 6, 3]);
    }
}
