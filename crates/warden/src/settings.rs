//! The settings; each has a line in `deploy/warden.toml`.

use anyhow::ensure;
use serde::Deserialize;
use std::path::PathBuf;

/// The settings, with defaults for a laptop.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub listen: String,
    /// The folder of the target files. Those resources are looked after that they name; so each machine has its own.
    pub targets: PathBuf,
    /// The folder of diaries: on another file system than whatever may be full.
    pub state: PathBuf,
    /// To whom detections are reported.
    pub incident_store: String,
    /// How long a remedy may take to show, milliseconds.
    pub settle_ms: u64,
    /// How often a resource that stays ill is reported again, seconds.
    pub remind_s: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8090".into(),
            targets: "deploy/targets".into(),
            state: ".kintsugi/state/warden".into(),
            incident_store: "http://127.0.0.1:8010".into(),
            settle_ms: 2_000,
            remind_s: 30,
        }
    }
}

impl Settings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!((1..=60_000).contains(&self.settle_ms), "settle_ms must be 1 to 60000");
        ensure!(self.remind_s > 0, "remind_s is 0: it would be reported without end; it must be at least 1");
        Ok(())
    }
}
