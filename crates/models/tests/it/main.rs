//! The chain against real HTTP: a third party's mock that judges its client, and a double of our own for what the mock
//! cannot do.
#![expect(unreachable_pub, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod account;
mod adversary;
mod mock;
mod verdict;
