//! Sentence vectors by MiniLM: WordPiece, a few layers of BERT, the mean of the tokens, length one.
//!
//! An own one, because what is needed fits in four files, whereas the usual crates take minutes to build. The layers are kept as
//! whole numbers of eight bits; a row of the word table is read from the file when its word occurs. So the process grows by about
//! an eighth of the weights.

mod layer;
mod linear;
mod safetensors;
mod wordpiece;

use camino::{Utf8Path, Utf8PathBuf};
use layer::{Layer, Norm};
use linear::Linear;
use safetensors::Weights;
use serde::Deserialize;
use wire::Digest;
use wordpiece::WordPiece;

/// The largest configuration or vocabulary that is read, bytes.
const MAX_TEXT: u64 = 8 << 20;
/// More tokens of a text are not looked at: what such a model was trained for.
pub const MAX_TOKENS: usize = 128;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file does not hold what it must.
    #[error("{path} is not of a model that is understood here: {why}")]
    Unfit {
        /// Which.
        path: Utf8PathBuf,
        /// What would be right.
        why: String,
    },
}

/// A model that is ready.
#[derive(Debug)]
pub struct MiniLm {
    words: WordPiece,
    weights: Weights,
    shape: Shape,
    positions: Vec<f32>,
    kind: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

/// What `config.json` tells.
#[derive(Debug, Clone, Deserialize)]
struct Shape {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    vocab_size: usize,
    layer_norm_eps: f32,
    hidden_act: String,
}

impl MiniLm {
    /// Opens the folder of a model: `config.json`, `vocab.txt`, `model.safetensors`.
    ///
    /// # Errors
    /// When a file is missing or of another kind of model; it is named.
    pub fn open(folder: &Utf8Path) -> Result<Self, ModelError> {
        let shape = Shape::read(&folder.join("config.json"))?;
        let words = WordPiece::read(&folder.join("vocab.txt"), shape.vocab_size)?;
        let weights = Weights::open(&folder.join("model.safetensors"))?;
        let (wide, eps) = (shape.hidden_size, shape.layer_norm_eps);
        weights.expect("embeddings.word_embeddings.weight", &[shape.vocab_size, wide])?;
        let of = |name: &str, shape: &[usize]| weights.read(&format!("embeddings.{name}"), shape);
        let positions = of("position_embeddings.weight", &[shape.max_position_embeddings, wide])?;
        let mut kind = of("token_type_embeddings.weight", &[2, wide])?;
        kind.truncate(wide);
        let norm = Norm { scale: of("LayerNorm.weight", &[wide])?, shift: of("LayerNorm.bias", &[wide])?, eps };
        let layers =
            (0..shape.num_hidden_layers).map(|at| Layer::read(&weights, at, &shape)).collect::<Result<_, _>>()?;
        Ok(Self { words, weights, shape, positions, kind, norm, layers })
    }

    /// The digest of a folder's weights, in one pass over the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn digest(folder: &Utf8Path) -> Result<Digest, ModelError> {
        safetensors::digest(&folder.join("model.safetensors"))
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.shape.hidden_size
    }

    /// The vector of a text, of length one.
    ///
    /// # Errors
    /// When the word table cannot be read.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let tokens = self.words.tokens(text, MAX_TOKENS.min(self.shape.max_position_embeddings));
        let mut state = self.begin(&tokens)?;
        for layer in &self.layers {
            state = layer.apply(state, tokens.len());
        }
        Ok(mean(&state, self.shape.hidden_size))
    }

    /// Words, places and the kind of sentence, added and normed.
    fn begin(&self, tokens: &[u32]) -> Result<Vec<f32>, ModelError> {
        let wide = self.shape.hidden_size;
        let mut state = Vec::with_capacity(tokens.len() * wide);
        for (token, position) in tokens.iter().zip(self.positions.chunks_exact(wide)) {
            let word = self.weights.row("embeddings.word_embeddings.weight", *token as usize, wide)?;
            state.extend(word.iter().zip(position).zip(&self.kind).map(|((word, place), kind)| word + place + kind));
        }
        self.norm.apply(&mut state);
        Ok(state)
    }
}

impl Shape {
    fn read(path: &Utf8Path) -> Result<Self, ModelError> {
        let unfit = |why: String| ModelError::Unfit { path: path.to_owned(), why };
        let shape: Self = serde_json::from_str(&read_text(path)?).map_err(|error| unfit(error.to_string()))?;
        let sizes = [shape.hidden_size, shape.num_attention_heads, shape.intermediate_size, shape.num_hidden_layers];
        if sizes.iter().any(|size| !(1..=8_192).contains(size)) || shape.max_position_embeddings < 2 {
            return Err(unfit("a size is not between 1 and 8192".into()));
        }
        if shape.max_position_embeddings.max(shape.vocab_size) > 1 << 20 {
            return Err(unfit("a table has more than a million rows".into()));
        }
        if !shape.hidden_size.is_multiple_of(shape.num_attention_heads) {
            return Err(unfit("hidden_size must be a multiple of num_attention_heads".into()));
        }
        if shape.hidden_act != "gelu" {
            return Err(unfit(format!("hidden_act is {:?}, expected \"gelu\"", shape.hidden_act)));
        }
        Ok(shape)
    }
}

fn read_text(path: &Utf8Path) -> Result<String, ModelError> {
    let unreadable = |source| ModelError::Unreadable { path: path.to_owned(), source };
    let length = path.metadata().map_err(unreadable)?.len();
    if length > MAX_TEXT {
        let why = format!("it has {length} bytes, at most {MAX_TEXT} are read");
        return Err(ModelError::Unfit { path: path.to_owned(), why });
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// The mean of the tokens' states, at length one.
fn mean(state: &[f32], wide: usize) -> Vec<f32> {
    let mut mean = vec![0.0_f32; wide];
    for token in state.chunks_exact(wide) {
        mean.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
    }
    unit(mean)
}

/// A vector at length one; nothing stays nothing.
pub fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > f32::MIN_POSITIVE {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    vector
}
