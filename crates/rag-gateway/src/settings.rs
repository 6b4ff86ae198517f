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
    /// The folder of the model's weights; without them words alone are compared. `MODEL` names another.
    pub model: Utf8PathBuf,
    /// Nothing is proposed below this confidence of the best neighbour, 0 to 1, nor below what the calibration found.
    pub min_confidence: f64,
    /// Connections to PostgreSQL at most.
    pub connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8020".into(),
            knowledge: "crates/rag-gateway/knowledge".into(),
            model: ".kintsugi/model".into(),
            min_confidence: 0.5,
            connections: 4,
        }
    }
}

impl Settings {
    /// With the plain variable that the measurement and the tests use, too.
    #[must_use]
    pub fn with_environment(&self) -> Self {
        let model = chassis::settings::variable("MODEL").map_or_else(|| self.model.clone(), Utf8PathBuf::from);
        Self { model, ..self.clone() }
    }
}
