//! The service over HTTP, with the real failure below it and a store that only listens.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod operations;
mod running;
mod settings;
mod workload;
