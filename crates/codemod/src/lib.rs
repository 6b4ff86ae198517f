#![doc = include_str!("../README.md")]

mod rewrite;
mod distil;
mod variants;
mod bound;
mod syntax;

pub use distil::{NotDistilled, distil};
pub use rewrite::{Codemod, CodemodError};
pub use syntax::is_alike;
pub use variants::{Variant, variant};
