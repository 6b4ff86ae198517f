//! Cures that are learned from one instance of a fault, and tried on the others.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod families;
mod rates;
