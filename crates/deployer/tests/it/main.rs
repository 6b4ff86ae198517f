//! The deployer as a process, with real instances, against a real database; the front and the verifier are doubles.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod doubles;
mod place;

mod crashes;
mod hung;
mod migrations;
mod pipeline;
mod reconciler;
mod reliefs;
mod requests;
mod rollouts;
mod settings;
mod ssh;
mod supervisor;
