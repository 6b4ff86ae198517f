//! Settings in layers: defaults in the struct < `<dir>/<service>.toml` < environment `<SERVICE>__KEY`. Unknown keys fail.
//! Secrets are read straight from the environment or from a file.

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use wire::Service;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file or a variable does not fit the settings.
    #[error("the settings of {service} are not valid ({file}, environment {prefix}__KEY)")]
    Invalid {
        /// Whose.
        service: Service,
        /// The file that was read, if it is there.
        file: PathBuf,
        /// The prefix of its variables.
        prefix: String,
        /// What was wrong.
        #[source]
        source: Box<config::ConfigError>,
    },
    /// A secret is missing.
    #[error("the secret {name} is missing: set {name}, or {name}_FILE to a file that holds it")]
    Missing {
        /// The variable.
        name: String,
    },
    /// A secret's file cannot be read.
    #[error("cannot read the secret {name} from {path}")]
    Unreadable {
        /// The variable.
        name: String,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The folder of the settings files: `KINTSUGI_SETTINGS_DIR`, else `deploy`.
pub fn folder() -> PathBuf {
    variable("KINTSUGI_SETTINGS_DIR").map_or_else(|| PathBuf::from("deploy"), PathBuf::from)
}

/// Loads a service's settings.
///
/// # Errors
/// When a file or variable holds an unknown key or a value of the wrong form.
pub fn load<T: DeserializeOwned>(service: Service) -> Result<T, SettingsError> {
    load_from(service, folder().join(format!("{service}.toml")))
}

fn load_from<T: DeserializeOwned>(service: Service, file: PathBuf) -> Result<T, SettingsError> {
    let prefix = service.as_str().replace('-', "_").to_uppercase();
    config::Config::builder()
        .add_source(config::File::from(file.clone()).required(false))
        .add_source(config::Environment::with_prefix(&prefix).prefix_separator("__").separator("__"))
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|source| SettingsError::Invalid { service, file, prefix, source: Box::new(source) })
}

/// A plain environment variable; empty counts as absent.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A secret from `NAME`, or from the file that `NAME_FILE` names (a trailing newline is dropped).
///
/// # Errors
/// When neither is set, or the file cannot be read.
pub fn secret(name: &str) -> Result<SecretString, SettingsError> {
    if let Some(value) = variable(name) {
        return Ok(value.into());
    }
    let path = variable(&format!("{name}_FILE"))
        .map(PathBuf::from)
        .ok_or_else(|| SettingsError::Missing { name: name.to_owned() })?;
    std::fs::read_to_string(&path)
        .map(|text| SecretString::from(text.trim_end_matches(['\n', '\r']).to_owned()))
        .map_err(|source| SettingsError::Unreadable { name: name.to_owned(), path, source })
}

/// Whether `OFFLINE_MODE` is set: nobody outside is asked, whatever else is set. Anything else than a clear no is a yes.
pub fn offline() -> bool {
    variable("OFFLINE_MODE").is_some_and(|value| !is_no(&value))
}

fn is_no(value: &str) -> bool {
    ["0", "false", "no", "off"].iter().any(|no| value.trim().eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only its name matters")]
        listen: String,
    }

    #[test]
    fn a_wrong_file_is_named_as_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("front.toml");
        std::fs::write(&file, "lisen = \"127.0.0.1:1\"\n").unwrap();
        let error = load_from::<Sample>(Service::Front, file.clone()).unwrap_err();
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }

    #[test]
    fn only_a_clear_no_is_a_no() {
        for value in ["0", "false", "No", " OFF "] {
            assert!(is_no(value), "{value}");
        }
        for value in ["1", "true", "yes", "on", "maybe"] {
            assert!(!is_no(value), "{value}");
        }
    }
}
