//! The inner loops: products of vectors, with the widest registers that the processor has.

#[cfg(target_arch = "x86_64")]
use std::arch::is_x86_feature_detected;

/// How many sums go side by side: few enough for the registers, many enough that the compiler sees a loop.
const LANES: usize = 32;

/// Runs a loop compiled for AVX2 where the processor has it. What is called inside must be `#[inline(always)]`, else it is
/// compiled for the baseline.
#[inline(always)]
pub(crate) fn widest<R>(work: impl Work<R>) -> R {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("popcnt") {
        #[expect(unsafe_code, reason = "the processor was asked one line above whether it has these instructions")]
        return unsafe { wide(work) };
    }
    work.run::<false>()
}

/// A loop that is compiled twice.
pub(crate) trait Work<R> {
    /// Runs it; `FMA` tells whether multiply-and-add is one instruction.
    fn run<const FMA: bool>(self) -> R;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,popcnt")]
fn wide<R, W: Work<R>>(work: W) -> R {
    work.run::<true>()
}

/// The product of two vectors of one length.
#[inline(always)]
pub(crate) fn dot<const FMA: bool>(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = add_product::<FMA>(*a, *b, *sum);
        }
    }
    let tail: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + tail
}

/// Adds four vectors, each times a number, to a fifth.
#[inline(always)]
pub(crate) fn add_four<const FMA: bool>(sums: &mut [f32], times: [f32; 4], vectors: [&[f32]; 4]) {
    let ([p, q, r, s], [a, b, c, d]) = (times, vectors);
    for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let two = add_product::<FMA>(p, *a, add_product::<FMA>(q, *b, *sum));
        *sum = add_product::<FMA>(r, *c, add_product::<FMA>(s, *d, two));
    }
}

#[inline(always)]
fn add_product<const FMA: bool>(a: f32, b: f32, sum: f32) -> f32 {
    if FMA { a.mul_add(b, sum) } else { a * b + sum }
}

/// How many bits differ.
#[inline(always)]
pub(crate) fn unlike(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// The product of two vectors of small whole numbers; right up to 2³¹.
#[inline(always)]
pub(crate) fn whole_dot(a: &[i8], b: &[i8]) -> i32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sum = 0_i32;
    for (a, b) in a.iter().zip(b) {
        sum = sum.wrapping_add(whole_sum(a, b));
    }
    sum.wrapping_add(whole_sum(a_rest, b_rest))
}

#[inline(always)]
fn whole_sum(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).fold(0, |sum, (a, b)| sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b))))
}

/// `e^x`, to seven digits, without a branch, so that loops over it use wide registers.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // 2^23 · 1.5: adding it leaves the whole part in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0) * std::f32::consts::LOG2_E;
    let whole = (x + ROUND) - ROUND;
    let part = (x - whole) * std::f32::consts::LN_2;
    let series = 1.0
        + part * (1.0 + part * (0.5 + part * (1.0 / 6.0 + part * (1.0 / 24.0 + part * (1.0 / 120.0 + part / 720.0)))));
    f32::from_bits(((whole as i32 + 127) << 23) as u32) * series
}

/// GELU, `x · Φ(x)`, with the error function of Abramowitz and Stegun 7.1.26: at most 1.5 · 10⁻⁷ off.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    let z = (x * std::f32::consts::FRAC_1_SQRT_2).abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t * (0.254_829_6 + t * (-0.284_496_72 + t * (1.421_413_8 + t * (-1.453_152 + t * 1.061_405_4))));
    let erf = (1.0 - series * exp(-z * z)).copysign(x);
    0.5 * x * (1.0 + erf)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Dot<'a>(&'a [f32], &'a [f32]);

    impl Work<f32> for Dot<'_> {
        fn run<const FMA: bool>(self) -> f32 {
            dot::<FMA>(self.0, self.1)
        }
    }

    #[test]
    fn products_are_those_of_the_plain_loop_at_every_length() {
        for length in 0..70_u16 {
            let a: Vec<f32> = (0..length).map(|i| f32::from(i) * 0.25 - 3.0).collect();
            let b: Vec<f32> = (0..length).map(|i| 1.0 - f32::from(i) * 0.125).collect();
            let plain: f32 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            for got in [widest(Dot(&a, &b)), Dot(&a, &b).run::<false>()] {
                assert!((got - plain).abs() <= plain.abs() * 1e-5 + 1e-4, "{length}: {got} is not {plain}");
            }
        }
    }

    #[test]
    fn four_at_once_are_added_as_one_after_the_other() {
        let vector = |k: u16| (0..37).map(|i| f32::from(i * k % 11) - 4.0).collect::<Vec<f32>>();
        let vectors = [vector(2), vector(3), vector(5), vector(7)];
        let (mut at_once, mut wanted) = (vector(1), vector(1));
        add_four::<false>(&mut at_once, [1.0, 2.0, -3.0, 0.5], vectors.each_ref().map(Vec::as_slice));
        for (times, vector) in [1.0, 2.0, -3.0, 0.5].iter().zip(&vectors) {
            wanted.iter_mut().zip(vector).for_each(|(sum, x)| *sum += times * x);
        }
        assert_eq!(at_once, wanted);
    }

    #[test]
    fn whole_products_are_exact() {
        let a: Vec<i8> = (0..390).map(|i| (i % 255 - 127) as i8).collect();
        let b: Vec<i8> = (0..390).map(|i| (i * 7 % 255 - 127) as i8).collect();
        let plain: i32 = a.iter().zip(&b).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum();
        assert_eq!(whole_dot(&a, &b), plain);
    }

    #[test]
    fn bits_that_differ_are_counted() {
        assert_eq!(unlike(&[0b1011, u64::MAX, 7], &[0b0001, 0, 7]), 2 + 64);
    }

    #[test]
    fn the_exponential_and_gelu_are_close_to_the_exact_ones() {
        for step in -4_000..4_000_i16 {
            let x = f32::from(step) / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 4e-6, "e^{x}");
        }
        // Values of x·Φ(x) from tables.
        for (x, wanted) in [(0.0, 0.0), (1.0, 0.841_344_7), (-1.0, -0.158_655_25), (2.5, 2.484_475_8), (-6.0, 0.0)] {
            assert!((gelu(x) - wanted).abs() < 1e-5, "gelu({x}) is {}", gelu(x));
        }
    }
}
