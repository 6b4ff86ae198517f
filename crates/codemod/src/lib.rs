#![doc = include_str!("../README.md")]

mod rewrite;

pub use rewrite::{Codemod, CodemodError};
