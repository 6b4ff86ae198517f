//! The service over HTTP with a real PostgreSQL, a store that serves the real wire types, and a receiver that checks what
//! it gets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up is a failed test"
)]

mod access;
mod delivery;
mod kills;
mod messages;
mod migrations;
mod receiver;
mod running;
mod settings;
mod store;
