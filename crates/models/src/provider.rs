//! What the providers have in common: the parts of a request, and what an answer's parts come to. Pure.

pub mod anthropic;
pub mod gemini;
pub mod ollama;
pub mod openai;
mod status;
mod stream;
mod text;

pub use anthropic::Anthropic;
pub use gemini::Gemini;
pub use ollama::Ollama;
pub use openai::OpenAi;

use crate::error::ModelError;
use crate::question::{Question, Usage};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeMap;

/// A wire format.
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// The request that asks a question.
    fn encode(&self, question: &Question) -> Parts;
    /// What an answer's parts come to.
    fn decode(&self, answer: &Raw) -> Reply;
}

/// The parts of a POST request.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Beneath the base URL, with a leading `/`.
    pub path: String,
    /// Headers that anybody may see.
    pub headers: Vec<(&'static str, String)>,
    /// The header that holds the key, if there is one.
    pub key: Option<(&'static str, SecretString)>,
    /// The body.
    pub body: Value,
}

/// An HTTP answer, read whole.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    /// The status.
    pub status: u16,
    /// Headers by their lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The provider's own id of the request, if it is one.
    fn request_id(&self, names: &[&str]) -> Option<String> {
        let plain = |id: &&str| {
            !id.is_empty()
                && id.len() <= 128
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        names.iter().filter_map(|name| self.header(name)).find(plain).map(str::to_owned)
    }
}

/// What an answer's parts come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What it took; an answer that is of no use is paid for as well. Zero where the provider does not say.
    pub usage: Usage,
    /// The provider's own id of the request.
    pub request_id: Option<String>,
    /// The answer as JSON of any form, or why there is none.
    pub said: Result<Value, ModelError>,
}

impl Reply {
    fn of(said: Result<Value, ModelError>) -> Self {
        Self { usage: Usage::default(), request_id: None, said }
    }
}

/// A key as a bearer token.
fn bearer(key: &SecretString) -> SecretString {
    use secrecy::ExposeSecret;
    format!("Bearer {}", key.expose_secret()).into()
}

/// How many tokens a value names; a provider that says something odd said nothing.
fn tokens(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// A text within a value, or none.
fn text_at<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
