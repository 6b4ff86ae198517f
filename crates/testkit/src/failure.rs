//! The failure modes, made real. Tests and measurements share them.

pub mod server;
