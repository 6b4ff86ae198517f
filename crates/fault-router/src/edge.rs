//! How a file is recognised: by the bytes at its beginning and just before the place. A file of the same inode that
//! begins otherwise, or holds something else before the place, is another one (or was truncated and written anew).

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;

/// How many bytes at each edge.
pub(crate) const EDGE: usize = 256;

/// The first bytes of a file and those before a place in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edge {
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// The fingerprint of an edge, as the state file keeps it: no log text is written there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Print {
    pub(crate) head: u64,
    pub(crate) tail: u64,
}

impl Edge {
    /// Moves the place over bytes that were read.
    pub(crate) fn consume(&mut self, bytes: &[u8]) {
        let missing = EDGE - self.head.len();
        self.head.extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        let last = bytes.get(bytes.len().saturating_sub(EDGE)..).unwrap_or_default();
        let surplus = (self.tail.len() + last.len()).saturating_sub(EDGE);
        self.tail.drain(..surplus);
        self.tail.extend_from_slice(last);
    }

    /// Whether a file still has this edge at a place.
    pub(crate) fn is_at(&self, file: &File, offset: u64) -> io::Result<bool> {
        Ok(Self::read(file, offset)?.as_ref() == Some(self))
    }

    /// The edge of a file at a place; `None` when the file is shorter.
    pub(crate) fn read(file: &File, offset: u64) -> io::Result<Option<Self>> {
        let length = usize::try_from(offset).map_or(EDGE, |offset| offset.min(EDGE));
        let head = bytes_at(file, 0, length)?;
        let tail = bytes_at(file, offset - length as u64, length)?;
        Ok(head.zip(tail).map(|(head, tail)| Self { head, tail }))
    }

    pub(crate) fn print(&self) -> Print {
        Print { head: fnv(&self.head), tail: fnv(&self.tail) }
    }
}

fn bytes_at(file: &File, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; length];
    match file.read_exact_at(&mut bytes, offset) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// FNV-1a: the same in every version of this program, which the standard library's hasher does not promise.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn an_edge_that_was_read_along_is_the_one_in_the_file() {
        let mut file = tempfile::tempfile().unwrap();
        let text: Vec<u8> = (0..2_000_u32).map(|i| (i * i % 251) as u8).collect();
        file.write_all(&text).unwrap();
        for piece in [1, 7, 100, 255, 256, 257, 1_000] {
            let (mut edge, mut offset) = (Edge::default(), 0);
            for bytes in text.chunks(piece) {
                edge.consume(bytes);
                offset += bytes.len() as u64;
                assert!(edge.is_at(&file, offset).unwrap(), "pieces of {piece}, at {offset}");
            }
            assert!(!edge.is_at(&file, offset - 1).unwrap());
            assert!(!edge.is_at(&file, offset + 1).unwrap(), "the file is shorter");
        }
    }
}
