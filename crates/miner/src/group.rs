//! A group of lines that say the same.

use crate::mask::ANY;
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Which group: a digest of the template that it began with, so that two miners which see the same line first name it alike.
/// It stays when the template becomes more general.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(u64);

impl GroupId {
    pub(crate) fn of<'t>(tokens: impl Iterator<Item = &'t str>) -> Self {
        let mut digest = Sha256::new();
        for token in tokens {
            digest.update(token.as_bytes());
            digest.update([0]);
        }
        Self(digest.finalize().iter().take(8).fold(0, |id, byte| (id << 8) | u64::from(*byte)))
    }

    /// Its first eight hexadecimal digits, upper case.
    pub fn short(self) -> String {
        format!("{:08X}", self.0 >> 32)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What is kept of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) words: Vec<Box<str>>,
    /// How many lines.
    pub(crate) count: u64,
    /// When the first one came, and the last one, counted in lines.
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Group {
    pub(crate) fn begin(tokens: &Tokens, now: u64) -> Self {
        let words: Vec<Box<str>> = tokens.iter().map(Box::from).collect();
        Self { id: GroupId::of(tokens.iter()), words, count: 0, first: now, last: now }
    }

    /// Which bucket of the index it is in.
    pub(crate) fn key(&self) -> (usize, &str) {
        (self.words.len(), self.words.first().map_or("", AsRef::as_ref))
    }

    /// Makes the template fit these words, too.
    pub(crate) fn admit<'t>(&mut self, words: impl Iterator<Item = &'t str>) {
        for (mine, other) in self.words.iter_mut().zip(words) {
            if &**mine != other && &**mine != ANY {
                *mine = ANY.into();
            }
        }
    }

    pub(crate) fn template(&self) -> String {
        self.words.join(" ")
    }
}
