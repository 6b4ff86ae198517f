//! How many calls each replay made, of the last replays only.

use std::collections::{HashMap, VecDeque};

/// How many replays are remembered.
pub(crate) const REPLAYS: usize = 4_096;
/// The longest id, bytes.
const MAX_ID: usize = 64;

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    counts: HashMap<String, u64>,
    /// Oldest first.
    order: VecDeque<String>,
}

impl Calls {
    /// One more call of a replay.
    pub(crate) fn count(&mut self, replay: &str) {
        if let Some(count) = self.counts.get_mut(replay) {
            *count = count.saturating_add(1);
            return;
        }
        if self.order.len() >= REPLAYS
            && let Some(oldest) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
        }
        self.order.push_back(replay.to_owned());
        self.counts.insert(replay.to_owned(), 1);
    }

    /// The calls of a replay.
    pub(crate) fn of(&self, replay: &str) -> u64 {
        self.counts.get(replay).copied().unwrap_or(0)
    }
}

/// Whether a text can be a replay's id.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_replay_is_forgotten_first() {
        let mut calls = Calls::default();
        for n in 0..=REPLAYS {
            calls.count(&format!("r{n}"));
        }
        calls.count("r1");
        assert_eq!((calls.of("r0"), calls.of("r1"), calls.of(&format!("r{REPLAYS}"))), (0, 2, 1));
        assert_eq!((calls.counts.len(), calls.order.len()), (REPLAYS, REPLAYS));
    }
}
