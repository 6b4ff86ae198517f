//! The tests of `wire`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod sample;
mod table;
mod guards;
mod guards_intent;
mod folds;
mod chain;
mod check;
mod timeline;
mod texts;
mod operations;
mod handover;
mod target;
mod contract;
mod redact;
mod reliefs;
mod resources;
mod unknown;
mod vouch;
