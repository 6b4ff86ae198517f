//! Playbooks against the real failure.
#![expect(clippy::expect_used, reason = "a test that cannot be set up is a failed test")]

mod approved;
mod boot;
mod configuration;
mod credential;
mod database;
mod disk;
mod endpoint;
mod engine;
mod memory;
mod model_server;
mod network;
mod port;
mod stand;
mod workload;
