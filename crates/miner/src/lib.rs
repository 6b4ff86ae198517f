#![doc = include_str!("../README.md")]

mod date;
mod group;
mod index;
mod likeness;
mod limits;
mod mask;
mod miner;
mod tokens;
mod written;

pub use group::GroupId;
pub use limits::Limits;
pub use mask::ANY;
pub use miner::{Learned, Miner};
