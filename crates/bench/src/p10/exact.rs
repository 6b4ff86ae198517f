//! The floor: every vector at full width, and nothing else.

use std::arch::is_x86_feature_detected;

/// How many sums go side by side.
const LANES: usize = 32;

/// Vectors of one length, row after row.
#[derive(Debug, Default)]
pub(super) struct Exact {
    wide: usize,
    numbers: Vec<f32>,
}

impl Exact {
    pub(super) fn push(&mut self, vector: &[f32]) {
        self.wide = vector.len();
        self.numbers.extend(vector);
    }

    /// The rows with the highest products, the highest first.
    pub(super) fn nearest(&self, query: &[f32], limit: usize) -> Vec<u32> {
        let mut products = vec![0.0; self.numbers.len() / self.wide.max(1)];
        products_of(&self.numbers, query, &mut products);
        let mut rows: Vec<u32> = (0..products.len() as u32).collect();
        let of = |row: &u32| products.get(*row as usize).copied().unwrap_or(f32::MIN);
        let limit = limit.min(rows.len());
        if limit < rows.len() {
            rows.select_nth_unstable_by(limit, |a, b| of(b).total_cmp(&of(a)));
        }
        rows.truncate(limit);
        rows.sort_by(|a, b| of(b).total_cmp(&of(a)));
        rows
    }
}

fn products_of(numbers: &[f32], query: &[f32], products: &mut [f32]) {
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        #[expect(unsafe_code, reason = "the processor was asked one line above whether it has these instructions")]
        return unsafe { wide(numbers, query, products) };
    }
    each(numbers, query, products, |a, b, sum| a * b + sum);
}

#[target_feature(enable = "avx2,fma")]
fn wide(numbers: &[f32], query: &[f32], products: &mut [f32]) {
    each(numbers, query, products, f32::mul_add);
}

#[inline(always)]
fn each(numbers: &[f32], query: &[f32], products: &mut [f32], add: impl Fn(f32, f32, f32) -> f32) {
    for (product, row) in products.iter_mut().zip(numbers.chunks_exact(query.len().max(1))) {
        let ((a, a_rest), (b, b_rest)) = (row.as_chunks::<LANES>(), query.as_chunks::<LANES>());
        let mut sums = [0.0_f32; LANES];
        for (a, b) in a.iter().zip(b) {
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum = add(*a, *b, *sum);
            }
        }
        let tail: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        *product = sums.iter().sum::<f32>() + tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_those_of_the_plain_loop() {
        let mut made_up = crate::madeup::MadeUp::new(3);
        let mut vector = || (0..37).map(|_| made_up.share() - 0.5).collect::<Vec<f32>>();
        let (rows, query): (Vec<_>, _) = ((0..100).map(|_| vector()).collect(), vector());
        let mut exact = Exact::default();
        rows.iter().for_each(|row| exact.push(row));
        let product = |row: &u32| -> f32 { rows[*row as usize].iter().zip(&query).map(|(a, b)| a * b).sum() };
        let mut wanted: Vec<u32> = (0..100).collect();
        wanted.sort_by(|a, b| product(b).total_cmp(&product(a)));
        assert_eq!(exact.nearest(&query, 10), wanted[..10]);
        assert_eq!(exact.nearest(&query, 200).len(), 100);
    }
}
