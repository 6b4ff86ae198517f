//! A tiny model of random weights, written as files, and what it computes, worked out in the plainest way.

#![expect(clippy::indexing_slicing, reason = "the plain reference of matrices whose sizes are constants")]

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// How many numbers its vectors have.
pub const WIDE: usize = 24;
const INNER: usize = 40;
const HEADS: usize = 3;
const LAYERS: usize = 2;
const PLACES: usize = 32;
const PIECES: [&str; 12] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "pool", "data", "##base", "time", "##out", "##s", "is", "empty"];

/// Its tensors by name: rows, columns, numbers.
pub struct Synthetic {
    tensors: BTreeMap<String, (usize, usize, Vec<f64>)>,
}

/// Numbers that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    /// Between -1 and 1, in steps of 1/127, so that eight bits hold them exactly.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % 255) as f64 / 127.0 - 1.0
    }
}

impl Synthetic {
    /// One whose weights the seed decides.
    pub fn new(seed: u64) -> Self {
        let (mut numbers, mut tensors) = (Numbers(seed), BTreeMap::new());
        let mut put = |name: String, rows: usize, columns: usize, by: f64, plus: f64| {
            let mut matrix: Vec<f64> = (0..rows * columns).map(|_| numbers.next()).collect();
            // Each row's largest number is the largest whole number, so that the engine's scale is known.
            matrix.chunks_mut(columns).for_each(|row| row[0] = 1.0);
            matrix.iter_mut().for_each(|x| *x = f64::from((*x * by + plus) as f32));
            tensors.insert(name, (rows, columns, matrix));
        };
        for (name, rows) in [("word", PIECES.len()), ("position", PLACES), ("token_type", 2)] {
            put(format!("embeddings.{name}_embeddings.weight"), rows, WIDE, 1.0, 0.0);
        }
        put("embeddings.LayerNorm.weight".into(), 1, WIDE, 0.5, 1.0);
        put("embeddings.LayerNorm.bias".into(), 1, WIDE, 0.5, 0.0);
        for layer in 0..LAYERS {
            let maps = [
                ("attention.self.query", WIDE, WIDE),
                ("attention.self.key", WIDE, WIDE),
                ("attention.self.value", WIDE, WIDE),
                ("attention.output.dense", WIDE, WIDE),
                ("intermediate.dense", INNER, WIDE),
                ("output.dense", WIDE, INNER),
            ];
            for (part, rows, columns) in maps {
                put(format!("encoder.layer.{layer}.{part}.weight"), rows, columns, 0.5, 0.0);
                put(format!("encoder.layer.{layer}.{part}.bias"), 1, rows, 0.5, 0.0);
            }
            for part in ["attention.output", "output"] {
                put(format!("encoder.layer.{layer}.{part}.LayerNorm.weight"), 1, WIDE, 0.5, 1.0);
                put(format!("encoder.layer.{layer}.{part}.LayerNorm.bias"), 1, WIDE, 0.5, 0.0);
            }
        }
        Self { tensors }
    }

    /// Writes the model's folder.
    pub fn write(&self, folder: &Utf8Path) {
        let config = serde_json::json!({
            "hidden_size": WIDE, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
            "max_position_embeddings": PLACES, "vocab_size": PIECES.len(), "layer_norm_eps": 1e-12, "hidden_act": "gelu",
        });
        let (mut header, mut bytes) = (serde_json::Map::new(), Vec::new());
        for (name, (rows, columns, numbers)) in &self.tensors {
            let from = bytes.len();
            numbers.iter().for_each(|x| bytes.extend((*x as f32).to_le_bytes()));
            let shape = if *rows == 1 { vec![*columns] } else { vec![*rows, *columns] };
            let entry = serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [from, bytes.len()] });
            header.insert(name.clone(), entry);
        }
        let header = serde_json::Value::from(header).to_string();
        let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes].concat();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("written");
        write("config.json", config.to_string().as_bytes());
        write("vocab.txt", PIECES.join("\n").as_bytes());
        write("model.safetensors", &file);
    }

    /// The vector of tokens, one number after the other, as the papers write it.
    pub fn vector(&self, tokens: &[usize]) -> Vec<f64> {
        let of = |name: &str, row: usize| self.row(&format!("embeddings.{name}_embeddings.weight"), row);
        let begin = tokens.iter().enumerate().map(|(at, token)| {
            let sum: Vec<f64> =
                (0..WIDE).map(|i| of("word", *token)[i] + of("position", at)[i] + of("token_type", 0)[i]).collect();
            self.norm("embeddings", &sum)
        });
        let mut states: Vec<Vec<f64>> = begin.collect();
        for layer in 0..LAYERS {
            states = self.layer(&format!("encoder.layer.{layer}"), &states);
        }
        let mean: Vec<f64> = (0..WIDE).map(|i| states.iter().map(|state| state[i]).sum::<f64>()).collect();
        let length = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
        mean.into_iter().map(|x| x / length).collect()
    }

    fn layer(&self, name: &str, states: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let map = |part: &str, state: &Vec<f64>| self.map(&format!("{name}.{part}"), state);
        let all = |part: &str| states.iter().map(|state| map(part, state)).collect::<Vec<_>>();
        let (queries, keys, values) =
            (all("attention.self.query"), all("attention.self.key"), all("attention.self.value"));
        let head = WIDE / HEADS;
        let attended = queries.iter().zip(states).map(|(query, state)| {
            let mut seen = vec![0.0; WIDE];
            for first in (0..WIDE).step_by(head) {
                let part = first..first + head;
                let product = |key: &Vec<f64>| part.clone().map(|i| query[i] * key[i]).sum::<f64>();
                let weights: Vec<f64> = keys.iter().map(|key| (product(key) / (head as f64).sqrt()).exp()).collect();
                let sum: f64 = weights.iter().sum();
                for i in part.clone() {
                    seen[i] = weights.iter().zip(&values).map(|(weight, value)| weight / sum * value[i]).sum();
                }
            }
            let out = map("attention.output.dense", &seen);
            self.norm(&format!("{name}.attention.output"), &added(&out, state))
        });
        let attended: Vec<Vec<f64>> = attended.collect();
        let through = |state: &Vec<f64>| {
            let inner: Vec<f64> = map("intermediate.dense", state).into_iter().map(gelu).collect();
            self.norm(&format!("{name}.output"), &added(&map("output.dense", &inner), state))
        };
        attended.iter().map(through).collect()
    }

    fn map(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let (rows, ..) = self.tensors[&format!("{name}.weight")];
        let bias = self.row(&format!("{name}.bias"), 0);
        let row =
            |at| self.row(&format!("{name}.weight"), at).iter().zip(input).map(|(w, x)| w * x).sum::<f64>() + bias[at];
        (0..rows).map(row).collect()
    }

    fn norm(&self, name: &str, state: &[f64]) -> Vec<f64> {
        let (scale, shift) =
            (self.row(&format!("{name}.LayerNorm.weight"), 0), self.row(&format!("{name}.LayerNorm.bias"), 0));
        let mean = state.iter().sum::<f64>() / state.len() as f64;
        let variance = state.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / state.len() as f64;
        (0..state.len()).map(|i| (state[i] - mean) / (variance + 1e-12).sqrt() * scale[i] + shift[i]).collect()
    }

    fn row(&self, name: &str, row: usize) -> &[f64] {
        let (_, columns, numbers) = &self.tensors[name];
        &numbers[row * columns..(row + 1) * columns]
    }
}

fn added(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// With the error function as an integral, by Simpson's rule.
fn gelu(x: f64) -> f64 {
    let (steps, bell) = (400, |t: f64| (-t * t / 2.0).exp());
    let step = x / f64::from(steps);
    let inner: f64 = (1..steps).map(|i| (if i % 2 == 1 { 4.0 } else { 2.0 }) * bell(f64::from(i) * step)).sum();
    let area = step / 3.0 * (bell(0.0) + inner + bell(x));
    x * (0.5 + area / (2.0 * std::f64::consts::PI).sqrt())
}

/// A folder with a tiny model that is gone with the guard.
pub fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8PathBuf::try_from(folder.path().to_owned()).expect("a path that is text");
    Synthetic::new(7).write(&path);
    (folder, path)
}

/// The folder of the real weights, if they are there: `MODEL`, else where `scripts/model` puts them.
pub fn real() -> Option<Utf8PathBuf> {
    let usual = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.kintsugi/model");
    let folder = chassis::settings::variable("MODEL").map_or(usual, Utf8PathBuf::from);
    if folder.join("model.safetensors").exists() {
        return Some(folder);
    }
    println!("NOT TESTED: the semantic half with real weights; there are none in {folder} (fetch them: scripts/model)");
    None
}
