//! The failure modes: one playbook each.

pub(crate) mod boot;
pub(crate) mod configuration;
pub(crate) mod credential;
pub(crate) mod database;
pub(crate) mod disk;
pub(crate) mod endpoint;
pub(crate) mod memory;
pub(crate) mod model_server;
pub(crate) mod network;
pub(crate) mod port;
pub(crate) mod workload;
