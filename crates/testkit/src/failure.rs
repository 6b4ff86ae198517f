//! The failure modes, made real: a disk that is full, a file that is overwritten, a port that is taken. Tests and measurements share them.

pub mod authority;
pub mod boot;
pub mod cluster;
pub mod database;
pub mod disk;
pub mod memory;
pub mod network;
pub mod port;
pub mod process;
pub mod server;
