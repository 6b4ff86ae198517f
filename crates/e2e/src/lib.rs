#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, clippy::panic, reason = "a story that cannot be told is a failed test")]

pub mod callers;
pub mod collector;
pub mod fleet;
pub mod gate;
pub mod hook;
pub mod patient;
pub mod pipeline;
pub mod things;
