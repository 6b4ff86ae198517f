//! What can be set.

use camino::Utf8PathBuf;
use chassis::settings::SettingsError;
use secrecy::SecretString;
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
    /// Backboard's base URL; empty: nobody else is asked.
    pub backboard: String,
    /// The name of the assistant there.
    pub backboard_assistant: String,
    /// How long it may take to answer.
    pub backboard_limit_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8020".into(),
            knowledge: "crates/rag-gateway/knowledge".into(),
            model: ".kintsugi/model".into(),
            min_confidence: 0.5,
            connections: 4,
            backboard: String::new(),
            backboard_assistant: "kintsugi".into(),
            backboard_limit_ms: 2_000,
        }
    }
}

impl Settings {
    /// With the plain variable that the measurement and the tests use, too.
    #[must_use]
    pub fn with_environment(&self) -> Self {
        let model = chassis::settings::variable("MODEL").map_or_else(|| self.model.clone(), Utf8PathBuf::from);
        let backboard = if chassis::settings::offline() { String::new() } else { self.backboard.clone() };
        Self { model, backboard, ..self.clone() }
    }
}

/// What is not said in a file of settings. It does not print.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// `DATABASE_URL`, or the file that `DATABASE_URL_FILE` names.
    pub database: SecretString,
    /// `BACKBOARD_API_KEY`, likewise; wanted only where the settings name Backboard.
    pub backboard: Option<SecretString>,
}

impl Secrets {
    /// Reads them.
    ///
    /// # Errors
    /// When one that is wanted is not there.
    pub fn load(settings: &Settings) -> Result<Self, SettingsError> {
        let wanted = (!settings.backboard.is_empty()).then(|| chassis::settings::secret("BACKBOARD_API_KEY"));
        Ok(Self { database: chassis::settings::secret("DATABASE_URL")?, backboard: wanted.transpose()? })
    }
}

impl From<&str> for Secrets {
    fn from(database: &str) -> Self {
        SecretString::from(database).into()
    }
}

impl From<SecretString> for Secrets {
    fn from(database: SecretString) -> Self {
        Self { database, backboard: None }
    }
}
