//! What can be set.

use serde::Deserialize;
use std::path::PathBuf;

/// The settings; each has a default that works on a laptop.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it answers.
    pub listen: String,
    /// Where detections are reported.
    pub incident_store: String,
    /// The folder of the target catalogue.
    pub targets: PathBuf,
    /// Where the places in the files, and detections from pushed lines, are kept.
    pub state: PathBuf,
    /// How often folders and files are looked at besides the file events, milliseconds.
    pub poll_ms: u64,
    /// How long a file that was rotated or deleted stays open after its last growth, milliseconds.
    pub linger_ms: u64,
    /// How many lines of context go with a detection.
    pub context_lines: usize,
    /// The largest body of pushed lines, bytes, also after decompression.
    pub push_max_bytes: usize,
    /// How much of a target's detections from pushed lines is kept on disk while the store is away, bytes.
    pub spool_max_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8070".into(),
            incident_store: "http://127.0.0.1:8010".into(),
            targets: "deploy/targets".into(),
            state: ".kintsugi/fault-router".into(),
            poll_ms: 1_000,
            linger_ms: 60_000,
            context_lines: 20,
            push_max_bytes: 2 << 20,
            spool_max_bytes: 64 << 20,
        }
    }
}
