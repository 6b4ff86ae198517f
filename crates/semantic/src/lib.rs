#![doc = include_str!("../README.md")]

pub mod best;
pub mod minilm;
pub mod vectors;
mod kernel;

pub use best::Best;
pub use minilm::{MiniLm, ModelError, unit};
pub use vectors::Vectors;
