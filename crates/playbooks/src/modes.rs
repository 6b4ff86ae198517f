//! The failure modes: one playbook each.

pub(crate) mod configuration;
pub(crate) mod endpoint;
