//! The application from outside, as a process. These tests hold for the faulty and for the healed tree alike: whether
//! the fault shows is not theirs to say.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says by panicking what was asked, got and wanted"
)]

mod gating;
mod harness;
mod incident;
mod page;
mod service;
mod stop;
mod upstream;
