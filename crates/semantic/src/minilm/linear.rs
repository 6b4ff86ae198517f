//! A linear map: whole numbers of eight bits with a scale for each number that comes out, applied to numbers of full width.

use super::ModelError;
use super::safetensors::Weights;
use crate::kernel::{Work, add_four, widest};

/// The largest whole number of eight bits that has its opposite.
const MOST: f32 = 127.0;
/// How many numbers that go in are worked off at a time.
const BLOCK: usize = 4;

/// `x ↦ W·x + b`.
#[derive(Debug)]
pub(super) struct Linear {
    /// For each number that goes in, what it adds to each that comes out.
    weights: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    /// Numbers that go in; a multiple of [`BLOCK`] by noughts.
    takes: usize,
}

impl Linear {
    /// Reads `{name}.weight` and `{name}.bias`.
    pub(super) fn read(weights: &Weights, name: &str, gives: usize, takes: usize) -> Result<Self, ModelError> {
        let matrix = weights.read(&format!("{name}.weight"), &[gives, takes])?;
        let bias = weights.read(&format!("{name}.bias"), &[gives])?;
        let scales: Vec<f32> = matrix.chunks_exact(takes).map(scale).collect();
        let mut turned = vec![0; takes.next_multiple_of(BLOCK) * gives];
        for (at, (row, scale)) in matrix.chunks_exact(takes).zip(&scales).enumerate() {
            turned.iter_mut().skip(at).step_by(gives).zip(row).for_each(|(to, x)| *to = quantised(x / scale));
        }
        Ok(Self { weights: turned, scales, bias, takes })
    }

    /// For each of the tokens, one after the other.
    pub(super) fn apply(&self, input: &[f32]) -> Vec<f32> {
        widest(Apply { linear: self, input })
    }
}

struct Apply<'a> {
    linear: &'a Linear,
    input: &'a [f32],
}

impl Work<Vec<f32>> for Apply<'_> {
    /// A block of weights is widened once and then used for every token. The sums run along what comes out, so that the compiler
    /// sees a plain loop.
    #[inline(always)]
    fn run<const FMA: bool>(self) -> Vec<f32> {
        let Linear { weights, scales, bias, takes } = self.linear;
        let gives = bias.len();
        let mut output = vec![0.0_f32; self.input.len() / takes * gives];
        let mut wide = vec![0.0_f32; gives * BLOCK];
        for (block, narrow) in weights.chunks_exact(gives * BLOCK).enumerate() {
            wide.iter_mut().zip(narrow).for_each(|(wide, narrow)| *wide = f32::from(*narrow));
            let mut rows = wide.chunks_exact(gives);
            let rows: [&[f32]; BLOCK] = std::array::from_fn(|_| rows.next().unwrap_or_default());
            for (token, sums) in self.input.chunks_exact(*takes).zip(output.chunks_exact_mut(gives)) {
                let mut numbers = token.iter().skip(block * BLOCK);
                let times = std::array::from_fn(|_| numbers.next().copied().unwrap_or_default());
                add_four::<FMA>(sums, times, rows);
            }
        }
        for sums in output.chunks_exact_mut(gives) {
            sums.iter_mut().zip(scales).zip(bias).for_each(|((sum, scale), bias)| *sum = *sum * scale + bias);
        }
        output
    }
}

/// So that the largest number of a row becomes the largest whole number.
fn scale(row: &[f32]) -> f32 {
    let most = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    if most > 0.0 { most / MOST } else { 1.0 }
}

fn quantised(x: f32) -> i8 {
    x.round().clamp(-MOST, MOST) as i8
}
