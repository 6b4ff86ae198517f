//! The best few of many scores.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Keeps the best `limit` of what it is shown; of equals the lower slot.
#[derive(Debug)]
pub struct Best {
    heap: BinaryHeap<Reverse<Scored>>,
    limit: usize,
    /// What a score must reach to be looked at.
    pub floor: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Scored(f32, u32);

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(other.1.cmp(&self.1))
    }
}

impl Best {
    /// Of scores above `floor`.
    pub fn new(limit: usize, floor: f32) -> Self {
        Self { heap: BinaryHeap::with_capacity(limit + 1), limit, floor }
    }

    /// Shows a score.
    #[inline]
    pub fn show(&mut self, score: f32, slot: u32) {
        if score < self.floor {
            return;
        }
        self.heap.push(Reverse(Scored(score, slot)));
        if self.heap.len() > self.limit {
            self.heap.pop();
            self.floor = self.heap.peek().map_or(self.floor, |Reverse(least)| least.0);
        }
    }

    /// The best first.
    pub fn sorted(self) -> Vec<(u32, f32)> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(Scored(score, slot))| (slot, score)).collect()
    }
}
