//! The keys of the providers: from the environment, or the files that it names. They do not print.

use chassis::settings::{self, SettingsError};
use secrecy::SecretString;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// `ANTHROPIC_API_KEY`, or the file that `ANTHROPIC_API_KEY_FILE` names.
    pub anthropic: Option<SecretString>,
    /// `GEMINI_API_KEY`, likewise.
    pub gemini: Option<SecretString>,
    /// `OPENAI_API_KEY`, likewise.
    pub openai: Option<SecretString>,
    /// `OLLAMA_API_KEY`, likewise.
    pub ollama: Option<SecretString>,
    /// `OFFLINE_MODE` is set: no language model is asked, whatever else is set.
    pub offline: bool,
}

impl Keys {
    /// Reads them.
    ///
    /// # Errors
    /// When a file that is named cannot be read.
    pub fn load() -> Result<Self, SettingsError> {
        let [anthropic, gemini, openai, ollama] =
            ["ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "OLLAMA_API_KEY"].map(key);
        Ok(Self {
            anthropic: anthropic?,
            gemini: gemini?,
            openai: openai?,
            ollama: ollama?,
            offline: settings::offline(),
        })
    }
}

fn key(name: &str) -> Result<Option<SecretString>, SettingsError> {
    match settings::secret(name) {
        Ok(key) => Ok(Some(key)),
        Err(SettingsError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
