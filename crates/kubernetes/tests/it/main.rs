//! The diagnostics on objects as an API server writes them, and the changes as requests to one over HTTP.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod changes;
mod diagnostics;
mod objects;
mod revisions;
mod server;
