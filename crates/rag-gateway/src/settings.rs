//! What can be set.

use camino::Utf8PathBuf;
use serde::Deserialize;

/// The settings; each has a default that works on a laptop.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub listen: String,
    /// The folder of the known cures.
    pub knowledge: Utf8PathBuf,
    /// Below this confidence of the best neighbour nothing is proposed: 0 to 1.
    pub min_confidence: f64,
    /// Connections to PostgreSQL at most.
    pub connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8020".into(),
            knowledge: "crates/rag-gateway/knowledge".into(),
            min_confidence: 0.5,
            connections: 4,
        }
    }
}
