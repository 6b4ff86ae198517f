#![doc = include_str!("../README.md")]

pub mod fault;
pub mod cure;
pub mod folder;
pub mod tree;
mod generate;
mod shapes;
mod common;
mod dice;
mod evaluate;
mod statement;

pub use cure::{Cure, Cures};
pub use fault::Fault;
pub use generate::{Variant, variant};
