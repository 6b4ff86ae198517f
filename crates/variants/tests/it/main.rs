//! Cures against variants: made ones, written ones, cured ones, and code that nothing is wrong with.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod further;
mod healed;
mod healthy;
mod places;
mod supplied;
