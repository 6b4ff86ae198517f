//! Remotes as they are used: a bare repository behind a real `sshd`, and one on this machine.
#![expect(clippy::expect_used, reason = "a test that cannot go on is a failed test")]

mod place;
mod ways;
mod races;
mod refusals;
mod silence;
