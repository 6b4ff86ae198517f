//! The upstream as a library, over HTTP, and as a process.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod draws;
mod http;
mod process;
mod settings;
