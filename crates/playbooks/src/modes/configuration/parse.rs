//! Whether a text is the configuration that it should be. Pure.

use serde_json::Value;
use std::fmt;
use wire::target::ConfigurationFormat;

/// How a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    Valid,
    Missing,
    /// Where it does not parse. Of the content nothing is told: it may hold a secret.
    Broken(String),
    /// A key that must be there.
    Lacks(String),
    Unreadable(String),
}

impl Text {
    pub(super) fn is_valid(&self) -> bool {
        *self == Text::Valid
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::Valid => f.write_str("valid"),
            Text::Missing => f.write_str("it is not there"),
            Text::Broken(place) => write!(f, "it does not parse ({place})"),
            Text::Lacks(key) => write!(f, "the key {key} is missing"),
            Text::Unreadable(why) => write!(f, "it cannot be read: {why}"),
        }
    }
}

/// Parses and checks.
pub(super) fn text(bytes: &[u8], format: ConfigurationFormat, required: &[String]) -> Text {
    match value(bytes, format) {
        Err(place) => Text::Broken(place),
        Ok(value) if !value.is_object() => Text::Broken("it is no table".into()),
        Ok(value) => match required.iter().find(|key| value.pointer(key).is_none()) {
            Some(key) => Text::Lacks(key.clone()),
            None => Text::Valid,
        },
    }
}

/// The defaults, overlaid with the original as far as it can be read; none where it cannot.
pub(super) fn merged(original: &[u8], defaults: &[u8], format: ConfigurationFormat) -> Option<Vec<u8>> {
    let original = value(original, format).ok().filter(Value::is_object)?;
    let mut whole = value(defaults, format).ok()?;
    overlay(&mut whole, original);
    match format {
        ConfigurationFormat::Json => serde_json::to_vec_pretty(&whole).ok(),
        ConfigurationFormat::Toml => toml::to_string_pretty(&whole).ok().map(String::into_bytes),
    }
}

fn overlay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                overlay(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

fn value(bytes: &[u8], format: ConfigurationFormat) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("no UTF-8 after byte {}", error.valid_up_to()))?;
    match format {
        ConfigurationFormat::Json => {
            serde_json::from_str(text).map_err(|error| format!("line {}, column {}", error.line(), error.column()))
        }
        ConfigurationFormat::Toml => toml::from_str(text).map_err(|error| match error.span() {
            Some(span) => format!("byte {}", span.start),
            None => "somewhere".to_owned(),
        }),
    }
}
