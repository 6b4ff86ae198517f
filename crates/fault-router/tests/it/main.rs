//! The router against real files, a real store's protocol and, where it is killed, as a real process.

#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failed test")]

mod following;
mod lines;
mod otlp;
mod push;
mod random;
mod restarts;
mod rig;
mod routes;
mod stdin;
mod store;
mod unknown;
