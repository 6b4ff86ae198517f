//! The tests of `healer`: what is decided, a model of every failure and crash point, and the loop for real over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod sample;
mod decisions;
mod meanings;
mod autonomies;
mod policies;
mod settings;
mod world;
mod model;
mod family;
mod intensity;
mod fleet;
mod loops;
mod relations;
mod reliefs;
mod routes;
mod wards;
mod wards_asked;
