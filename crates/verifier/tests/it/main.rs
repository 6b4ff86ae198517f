//! The verifier over real parts: bubblewrap, git, HTTP, and the tiny target.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on is a failed test"
)]

mod world;
mod stub;
mod admission;
mod gates;
mod builds;
mod hostile;
mod http;
mod cases;
mod replays;
mod answered;
mod sequences;
mod sandbox;
mod settings;
mod ssh;
