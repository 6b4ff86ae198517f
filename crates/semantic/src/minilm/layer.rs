//! One layer: attention and two linear maps, each added to what came in and normed.

use super::{Linear, ModelError, Shape, Weights};
use crate::kernel::{Work, dot, exp, gelu, widest};

/// Mean nought, variance one, then scaled and shifted.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) eps: f32,
}

impl Norm {
    /// Norms each token's state.
    pub(super) fn apply(&self, state: &mut [f32]) {
        let wide = self.scale.len();
        for token in state.chunks_exact_mut(wide) {
            let mean = token.iter().sum::<f32>() / wide as f32;
            let variance = token.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / wide as f32;
            let by = 1.0 / (variance + self.eps).sqrt();
            for ((x, scale), shift) in token.iter_mut().zip(&self.scale).zip(&self.shift) {
                *x = (*x - mean) * by * scale + shift;
            }
        }
    }
}

/// One layer.
#[derive(Debug)]
pub(super) struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: Norm,
    inner: Linear,
    outer: Linear,
    outer_norm: Norm,
    heads: usize,
}

impl Layer {
    pub(super) fn read(weights: &Weights, at: usize, shape: &Shape) -> Result<Self, ModelError> {
        let (wide, inner, eps) = (shape.hidden_size, shape.intermediate_size, shape.layer_norm_eps);
        let name = |part: &str| format!("encoder.layer.{at}.{part}");
        let linear = |part: &str, gives, takes| Linear::read(weights, &name(part), gives, takes);
        let norm = |part: &str| -> Result<Norm, ModelError> {
            let read = |end: &str| weights.read(&name(&format!("{part}.LayerNorm.{end}")), &[wide]);
            Ok(Norm { scale: read("weight")?, shift: read("bias")?, eps })
        };
        Ok(Self {
            query: linear("attention.self.query", wide, wide)?,
            key: linear("attention.self.key", wide, wide)?,
            value: linear("attention.self.value", wide, wide)?,
            attended: linear("attention.output.dense", wide, wide)?,
            attended_norm: norm("attention.output")?,
            inner: linear("intermediate.dense", inner, wide)?,
            outer: linear("output.dense", wide, inner)?,
            outer_norm: norm("output")?,
            heads: shape.num_attention_heads,
        })
    }

    /// The state of each token after this layer.
    pub(super) fn apply(&self, state: Vec<f32>, tokens: usize) -> Vec<f32> {
        let (query, key, value) = (self.query.apply(&state), self.key.apply(&state), self.value.apply(&state));
        let seen = widest(Attend { query: &query, key: &key, value: &value, tokens, heads: self.heads });
        let state = added(self.attended.apply(&seen), &state, &self.attended_norm);
        let inner = widest(Gelu(self.inner.apply(&state)));
        added(self.outer.apply(&inner), &state, &self.outer_norm)
    }
}

fn added(mut new: Vec<f32>, old: &[f32], norm: &Norm) -> Vec<f32> {
    new.iter_mut().zip(old).for_each(|(new, old)| *new += old);
    norm.apply(&mut new);
    new
}

struct Gelu(Vec<f32>);

impl Work<Vec<f32>> for Gelu {
    #[inline(always)]
    fn run<const FMA: bool>(mut self) -> Vec<f32> {
        self.0.iter_mut().for_each(|x| *x = gelu(*x));
        self.0
    }
}

/// Each token looks at all, in every head apart.
struct Attend<'a> {
    query: &'a [f32],
    key: &'a [f32],
    value: &'a [f32],
    tokens: usize,
    heads: usize,
}

impl Work<Vec<f32>> for Attend<'_> {
    #[inline(always)]
    fn run<const FMA: bool>(self) -> Vec<f32> {
        let wide = self.query.len() / self.tokens.max(1);
        let head = wide / self.heads;
        let by = 1.0 / (head as f32).sqrt();
        let mut seen = vec![0.0_f32; self.query.len()];
        let mut shares = vec![0.0_f32; self.tokens];
        for (query, seen) in self.query.chunks_exact(wide).zip(seen.chunks_exact_mut(wide)) {
            let heads = query.chunks_exact(head).zip(seen.chunks_exact_mut(head));
            for (at, (query, seen)) in heads.enumerate() {
                let part = |state: &'_ [f32]| at * head..(at * head + head).min(state.len());
                for (share, key) in shares.iter_mut().zip(self.key.chunks_exact(wide)) {
                    *share = dot::<FMA>(query, key.get(part(key)).unwrap_or_default()) * by;
                }
                soften(&mut shares);
                for (share, value) in shares.iter().zip(self.value.chunks_exact(wide)) {
                    let value = value.get(part(value)).unwrap_or_default();
                    seen.iter_mut().zip(value).for_each(|(sum, x)| *sum += share * x);
                }
            }
        }
        seen
    }
}

/// Softmax.
#[inline(always)]
fn soften(shares: &mut [f32]) {
    let most = shares.iter().fold(f32::MIN, |most, share| most.max(*share));
    shares.iter_mut().for_each(|share| *share = exp(*share - most));
    let sum: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
}
