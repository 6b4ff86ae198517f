//! Where an unknown rotated file comes from: copy-truncate leaves a copy whose beginning was read already under the
//! original's name, a rotation that nobody watched leaves a file that was never read.

use crate::edge::{EDGE, Edge};
use crate::folder;
use crate::place::{Place, Stream};
use std::fs::File;
use std::io;

/// The stream that a rotated file continues; a fresh one if it is nobody's copy.
pub(crate) fn of<'a>(
    file: &File,
    name: &str,
    length: u64,
    places: impl Iterator<Item = &'a Place>,
) -> io::Result<Stream> {
    let mut best: Option<Match> = None;
    let namesakes = places.filter(|place| folder::stem(&place.name) == folder::stem(name));
    for stream in namesakes.flat_map(|place| place.past.iter().chain([&place.stream])) {
        let found = compare(file, length, *stream)?;
        if found.as_ref().map(|found| found.weight) > best.as_ref().map(|best| best.weight) {
            best = found;
        }
    }
    Ok(best.map_or_else(Stream::fresh, |best| best.stream))
}

/// A stream that the file may continue.
struct Match {
    /// How much speaks for it: the bytes of the beginning that are the same, and then the place where it still is.
    weight: (u64, u64),
    stream: Stream,
}

/// The stream itself, if the file looks like it at its place. If only the beginning is the same (the original grew on
/// before it was truncated), its life from the start: the same line at the same offset of the same life has the same
/// name, so what was told before is known, and what was not is told.
fn compare(file: &File, length: u64, stream: Stream) -> io::Result<Option<Match>> {
    let offset = stream.cursor.offset;
    let head = offset.min(EDGE as u64);
    let print_at = |offset: u64| {
        let edge = if offset <= length { Edge::read(file, offset)? } else { None };
        io::Result::Ok(edge.map(|edge| edge.print()))
    };
    if offset == 0 {
        return Ok(None);
    }
    if print_at(offset)? == Some(stream.print) {
        return Ok(Some(Match { weight: (head, offset), stream: stream.resumed() }));
    }
    let same_head = print_at(head)?.is_some_and(|print| print.head == stream.print.head);
    Ok(same_head.then(|| Match { weight: (head, 0), stream: Stream { life: stream.life, ..Stream::fresh() } }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Cursor;
    use std::io::Write;

    fn file(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn read_to(text: &str, offset: u64, name: &str) -> Place {
        let print = Edge::read(&file(text), offset).unwrap().unwrap().print();
        let stream = Stream { cursor: Cursor { offset, skipping: false }, print, ..Stream::fresh() };
        Place { stream, ..Place::fresh(name) }.next_life()
    }

    #[test]
    fn a_copy_goes_on_where_its_original_was_read_to() {
        let original = read_to("one\ntwo\nthree\n", 8, "x.log");
        let past = original.past[0];
        let origin =
            |text: &str, name: &str| of(&file(text), name, text.len() as u64, [&original].into_iter()).unwrap();
        assert_eq!(origin("one\ntwo\nthree\nfour\n", "x.log.1"), past);
        let shorter = read_to(&"line\n".repeat(100), 500, "x.log");
        let text = "line\n".repeat(80);
        let stream = of(&file(&text), "x.log.1", 400, [&shorter].into_iter()).unwrap();
        assert_eq!((stream.life, stream.cursor.offset), (shorter.past[0].life, 0));
        for (text, name) in [("other\ntext\n", "x.log.1"), ("one\ntwo\nthree\n", "y.log.1"), ("", "x.log.1")] {
            let stream = origin(text, name);
            assert!(stream.life != past.life && stream.cursor.offset == 0, "{text:?} {name}");
        }
    }
}
