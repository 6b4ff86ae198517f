//! Numbers that look random and are always the same. Pure.

/// A source of them.
#[derive(Debug, Clone)]
pub struct MadeUp(u64);

impl MadeUp {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 up to, but not, 1.
    pub fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }

    /// One of several.
    pub fn of<'a, T: ?Sized>(&mut self, several: &'a [&'a T]) -> Option<&'a T> {
        several.get(self.below(several.len())).copied()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_for_a_seed_spread_and_within_bounds() {
        let (mut one, mut same) = (MadeUp::new(7), MadeUp::new(7));
        let numbers: Vec<f32> = (0..1_000).map(|_| one.share()).collect();
        assert!(numbers.iter().all(|x| *x == same.share() && (0.0..1.0).contains(x)));
        let mean = numbers.iter().sum::<f32>() / 1_000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert!((0..100).all(|_| one.below(3) < 3));
        assert_eq!(one.of::<str>(&[]), None);
    }
}
