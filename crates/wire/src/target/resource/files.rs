//! Resources that are files and folders. All paths are absolute.

use crate::runtime::ResourceName;
use serde::{Deserialize, Serialize};

/// A SQLite database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseFile {
    /// The file.
    pub path: String,
    /// The folder of backups; the newest that is whole is restored.
    pub backups: String,
    /// The folder where it is kept as it was before anything was done.
    pub copies: String,
    /// The lever at which the target closes its connections; off opens them again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopen: Option<ResourceName>,
    /// It is locked when a lock is held for longer than this, milliseconds.
    #[serde(default = "default_busy_ms")]
    pub busy_ms: u64,
}

fn default_busy_ms() -> u64 {
    1_000
}

/// A file system with something on it that can go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// A folder on it.
    pub path: String,
    /// It is full when less than this is free, bytes.
    #[serde(default = "default_min_free")]
    pub min_free_bytes: u64,
    /// The folder whose logs may be compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<String>,
    /// Logs older than this are compressed, days.
    #[serde(default = "default_log_days")]
    pub log_days: u32,
    /// The folder whose files may be moved to `secondary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<String>,
    /// How many of the newest of them stay.
    #[serde(default = "default_keep")]
    pub keep: usize,
    /// The folder whose files are disposable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary: Option<String>,
    /// The folder on another file system where things are moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<String>,
}

fn default_min_free() -> u64 {
    100 * 1024 * 1024
}

fn default_log_days() -> u32 {
    7
}

fn default_keep() -> usize {
    10
}

/// A configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The file.
    pub path: String,
    /// Its format.
    pub format: ConfigurationFormat,
    /// The keys that must be there, as JSON pointers (`/server/port`).
    #[serde(default)]
    pub required: Vec<String>,
    /// The folder of backups; the newest valid one is restored.
    pub backups: String,
    /// The file that is written when no backup is valid.
    pub defaults: String,
    /// The folder where the file is kept as it was before anything was done.
    pub copies: String,
}

/// The format of a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ConfigurationFormat {
    Toml,
    Json,
}
