//! The settings of the language models.

use models::budget::{Amount, Limits};
use serde::{Deserialize, Deserializer};
use std::time::Duration;

/// Which language models are asked, and how much they may take.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// Who is asked, in this order, separated by commas. One without a model, or away from this machine without a key, is left out.
    pub order: String,
    /// How long one call may take, milliseconds.
    pub limit_ms: u64,
    /// The longest pause that a provider may ask for before the next one is asked instead, milliseconds.
    pub patience_ms: u64,
    /// The longest answer, tokens.
    pub max_tokens: u32,
    /// Calls for one incident.
    pub incident_calls: u64,
    /// Tokens for one incident.
    pub incident_tokens: u64,
    /// Millionths of a dollar for one incident.
    pub incident_micro_usd: u64,
    /// Calls on one day.
    pub day_calls: u64,
    /// Tokens on one day.
    pub day_tokens: u64,
    /// Millionths of a dollar on one day.
    pub day_micro_usd: u64,
    /// What the limit of an answer is called by the OpenAI-compatible server.
    pub openai_max_tokens_field: String,
    /// The context that Ollama is to hold, tokens.
    pub ollama_context: u32,
    /// Anthropic.
    #[serde(deserialize_with = "anthropic")]
    pub anthropic: Place,
    /// Gemini.
    #[serde(deserialize_with = "gemini")]
    pub gemini: Place,
    /// OpenAI, or a server that speaks its chat completions.
    #[serde(deserialize_with = "openai")]
    pub openai: Place,
    /// Ollama.
    #[serde(deserialize_with = "ollama")]
    pub ollama: Place,
}

/// Where a provider is, and what it takes.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its base URL: https, or http on this machine.
    pub base_url: String,
    /// The model; empty: it is not asked.
    pub model: String,
    /// Millionths of a dollar for a million tokens of prompt.
    pub input_price: u64,
    /// Millionths of a dollar for a million tokens of answer.
    pub output_price: u64,
}

impl Default for Models {
    fn default() -> Self {
        let place = |base_url: &str, model: &str, input_price, output_price| Place {
            base_url: base_url.into(),
            model: model.into(),
            input_price,
            output_price,
        };
        Self {
            order: "anthropic,gemini,openai,ollama".into(),
            limit_ms: 120_000,
            patience_ms: 60_000,
            max_tokens: 16_000,
            incident_calls: 12,
            incident_tokens: 600_000,
            incident_micro_usd: 3_000_000,
            day_calls: 200,
            day_tokens: 6_000_000,
            day_micro_usd: 30_000_000,
            openai_max_tokens_field: "max_completion_tokens".into(),
            ollama_context: 32_768,
            anthropic: place("https://api.anthropic.com", "claude-sonnet-5-5", 2_000_000, 10_000_000),
            gemini: place("https://generativelanguage.googleapis.com", "gemini-3.8-flash", 2_000_000, 12_000_000),
            openai: place("https://api.openai.com/v1", "", 0, 0),
            ollama: place("http://127.0.0.1:11434", "", 0, 0),
        }
    }
}

/// A place as it is written: what is left out keeps this provider's own default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    base_url: Option<String>,
    model: Option<String>,
    input_price: Option<u64>,
    output_price: Option<u64>,
}

fn over<'de, D: Deserializer<'de>>(deserializer: D, place: Place) -> Result<Place, D::Error> {
    let Written { base_url, model, input_price, output_price } = Written::deserialize(deserializer)?;
    Ok(Place {
        base_url: base_url.unwrap_or(place.base_url),
        model: model.unwrap_or(place.model),
        input_price: input_price.unwrap_or(place.input_price),
        output_price: output_price.unwrap_or(place.output_price),
    })
}

fn anthropic<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    over(deserializer, Models::default().anthropic)
}
fn gemini<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    over(deserializer, Models::default().gemini)
}
fn openai<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    over(deserializer, Models::default().openai)
}
fn ollama<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
    over(deserializer, Models::default().ollama)
}

impl Models {
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.limit_ms)
    }
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            incident: Amount {
                calls: self.incident_calls,
                tokens: self.incident_tokens,
                micro_usd: self.incident_micro_usd,
            },
            day: Amount { calls: self.day_calls, tokens: self.day_tokens, micro_usd: self.day_micro_usd },
        }
    }
}
