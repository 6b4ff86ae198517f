//! A miner as it is kept. Pure.

use crate::group::Group;
use crate::limits::Limits;
use crate::mask::ANY;
use crate::miner::Miner;
use serde::{Deserialize, Serialize};

/// The groups, the oldest first; what can be made anew of them is not kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Written {
    limits: Limits,
    lines: u64,
    groups: Vec<Group>,
}

impl Written {
    /// The same under other bounds.
    pub(crate) fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

impl From<Miner> for Written {
    fn from(miner: Miner) -> Self {
        let Miner { limits, lines, groups, .. } = miner;
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by_key(|group| (group.first, group.id));
        Self { limits, lines, groups }
    }
}

/// Whoever wrote it: the bounds hold.
impl From<Written> for Miner {
    fn from(written: Written) -> Self {
        let Written { limits, lines, groups } = written;
        let mut kept: Vec<Group> = Vec::new();
        for mut group in groups.into_iter().rev().take(limits.groups).filter(|group| !group.words.is_empty()) {
            group.words.truncate(limits.tokens);
            for word in &mut group.words {
                if word.len() > limits.bytes.saturating_mul(ANY.len()) {
                    *word = ANY.into();
                }
            }
            kept.push(group);
        }
        kept.reverse();
        Miner::with(limits, kept, lines)
    }
}
