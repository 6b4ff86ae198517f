#![doc = include_str!("../README.md")]

pub mod question;
pub mod provider;
pub mod error;
pub mod retry;
pub mod breaker;
pub mod budget;
pub mod ledger;
pub mod chain;
pub mod address;
mod transport;

pub use chain::{Answer, Away, Chain, Link, Watch};
pub use error::ModelError;
pub use question::{Question, Usage};
pub use transport::agent;
