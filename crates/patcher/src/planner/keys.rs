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
        let offline = settings::variable("OFFLINE_MODE").is_some_and(|value| !is_no(&value));
        let [anthropic, gemini, openai, ollama] =
            ["ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "OLLAMA_API_KEY"].map(key);
        Ok(Self { anthropic: anthropic?, gemini: gemini?, openai: openai?, ollama: ollama?, offline })
    }
}

fn key(name: &str) -> Result<Option<SecretString>, SettingsError> {
    match settings::secret(name) {
        Ok(key) => Ok(Some(key)),
        Err(SettingsError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Anything else than a clear no switches the models off.
fn is_no(value: &str) -> bool {
    ["0", "false", "no", "off"].iter().any(|no| value.trim().eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use super::is_no;

    #[test]
    fn only_a_clear_no_leaves_the_models_on() {
        for value in ["0", "false", "No", " OFF "] {
            assert!(is_no(value), "{value}");
        }
        for value in ["1", "true", "yes", "on", "maybe"] {
            assert!(!is_no(value), "{value}");
        }
    }
}
