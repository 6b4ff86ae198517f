//! The command line against a stack that is only played.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on is a failed test"
)]

mod stub;
mod home;
mod sample;

mod ways;
mod listing;
mod stories;
mod words;
mod handing;
mod resources;
mod knowledge;
mod healing;
mod doctor;
mod demo;
mod local_stack;
