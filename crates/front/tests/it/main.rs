//! The service's tests: the table, the headers and the counters alone, and the front between real callers and upstreams.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up is a failed test"
)]

mod answered;
mod breaker;
mod failures;
mod headers;
mod kept;
mod late;
mod own;
mod record;
mod relief;
mod routing;
mod running;
mod stats;
mod streaming;
mod switching;
mod table;
mod whose;
mod witness;
mod worth;
