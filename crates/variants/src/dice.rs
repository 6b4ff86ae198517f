//! Seeded choices.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Words for names.
const WORDS: &[&str] = &[
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty", "knoll", "larch",
    "maple", "north", "ochre", "pearl", "quartz", "raven", "slate", "thorn", "umber", "vale", "willow", "yarrow",
];

/// Choices that follow from a seed.
pub(crate) struct Dice {
    random: StdRng,
    names: usize,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), names: 0 }
    }

    /// Whether something happens that happens so often in a hundred.
    pub(crate) fn percent(&mut self, often: u32) -> bool {
        self.random.random_range(0..100) < often
    }

    /// A number below a bound that is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.random.random_range(0..bound.max(1))
    }

    /// A number in a range.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        self.random.random_range(least..=most)
    }

    /// One of several.
    pub(crate) fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.get(self.below(from.len())).copied().unwrap_or_default()
    }

    /// A name that was not given before and that no code uses.
    pub(crate) fn name(&mut self) -> String {
        self.names += 1;
        format!("{}_{}", self.pick(WORDS), self.names)
    }

    /// The same in another order.
    pub(crate) fn shuffled<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
        items
    }
}
