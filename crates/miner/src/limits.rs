//! The bounds.

use serde::{Deserialize, Serialize};

/// How much a miner keeps, and when lines are alike. The defaults are what `make bench-mining` measures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// How many groups are kept; beyond it one that is rare and was not seen for long is forgotten.
    pub groups: usize,
    /// How many words of a line are looked at.
    pub tokens: usize,
    /// How many bytes of a line are looked at.
    pub bytes: usize,
    /// From this share of equal words on, a line belongs to a group, if what differs does not look like prose.
    pub likeness: f64,
    /// So many groups that differ in one and the same word become one: the word is a variable.
    pub siblings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { groups: 1_000, tokens: 64, bytes: 4 * 1024, likeness: 0.6, siblings: 4 }
    }
}
