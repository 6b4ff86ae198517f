//! The failure modes: one playbook each.

pub(crate) mod configuration;
