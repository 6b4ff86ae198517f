//! What can be set.

use camino::Utf8PathBuf;
use serde::Deserialize;

/// The settings; each has a default that works on a laptop.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub listen: String,
    /// The file with the route table.
    pub routes: Utf8PathBuf,
    /// Where `/developer/*` goes.
    pub incident_store: String,
    /// How long an upstream may take to begin its answer, and between two parts of it, milliseconds.
    pub answer_timeout_ms: u64,
    /// The folder of a bounded sample of what is passed on, without secrets; empty: nothing is recorded.
    pub record: Utf8PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8000".into(),
            routes: ".kintsugi/routes/routes.json".into(),
            incident_store: "http://127.0.0.1:8010".into(),
            answer_timeout_ms: 60_000,
            record: Utf8PathBuf::new(),
        }
    }
}
