//! The fault bodies, one file each. Healing may read and patch these files and no others.

pub(crate) mod api;
pub(crate) mod db;
pub(crate) mod sql;
