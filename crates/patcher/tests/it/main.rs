//! The service over real repositories and real HTTP, with a verifier double that speaks the real wire types.
#![expect(unreachable_pub, clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod verifier;
mod developer;
mod world;
mod propose;
mod propose_files;
mod model;
mod suspects;
mod push;
mod forged;
mod races;
mod revert;
mod reset;
mod access;
mod settings;
mod ssh;
