//! The one buffer that a target's files are read through.

use crate::place::FileKey;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use uuid::Uuid;

/// How much is read at once, bytes: four overlong lines, and small enough for a second-level cache.
const BLOCK: usize = 256 * 1024;

/// Whose bytes: a file in one of its lives.
pub(crate) type Owner = (FileKey, Uuid);

/// A window into a file.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    owner: Option<Owner>,
    base: u64,
    length: usize,
}

impl Block {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; BLOCK], owner: None, base: 0, length: 0 }
    }

    /// Reads from a place.
    pub(crate) fn load(&mut self, file: &File, owner: Owner, offset: u64) -> io::Result<()> {
        (self.owner, self.base, self.length) = (None, offset, 0);
        while let Some(free) = self.bytes.get_mut(self.length..).filter(|free| !free.is_empty()) {
            match file.read_at(free, offset + self.length as u64) {
                Ok(0) => break,
                Ok(read) => self.length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.owner = Some(owner);
        Ok(())
    }

    /// What it holds from a place on.
    pub(crate) fn from(&self, owner: Owner, offset: u64) -> &[u8] {
        let from = offset.checked_sub(self.base).and_then(|from| usize::try_from(from).ok());
        let held = from.filter(|_| self.owner == Some(owner)).and_then(|from| self.bytes.get(from..self.length));
        held.unwrap_or_default()
    }

    /// Whether it holds a whole line there.
    pub(crate) fn has_line(&self, owner: Owner, offset: u64) -> bool {
        memchr::memrchr(b'\n', self.from(owner, offset)).is_some()
    }

    /// Up to where it reaches.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.length as u64
    }
}
