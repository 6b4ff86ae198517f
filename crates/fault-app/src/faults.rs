//! The fault bodies, one file each. Healing may read and patch these files and no others.

pub(crate) mod api;
pub(crate) mod db;
pub(crate) mod memory;
pub(crate) mod queue;
pub(crate) mod retry_storm;
pub(crate) mod session;
pub(crate) mod sql;
