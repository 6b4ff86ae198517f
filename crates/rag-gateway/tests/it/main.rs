//! The service's tests: the folder, the search, the decider, and the service over HTTP with a real PostgreSQL.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up is a failed test")]

mod backboard;
mod cures;
mod http;
mod index;
mod knowledge;
mod lessons;
mod meaning;
mod order;
mod plan;
mod quality;
mod retrieval;
mod rule;
mod running;
mod seeds;
mod told;
mod withdrawals;
