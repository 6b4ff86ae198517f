//! Calls of language models, as the journal keeps them.

use serde::{Deserialize, Serialize};

/// One call, with what it cost. The prompt and the answer are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCall {
    /// The provider, as the settings name it.
    pub provider: String,
    /// The model, as the settings name it.
    pub model: String,
    /// Why a model was asked at all, for people: what was known and did not serve.
    pub why: String,
    /// Which round, from 1: later ones are told what the gates said of the one before.
    pub round: u32,
    /// How it ended.
    pub outcome: ModelOutcome,
    /// Tokens of the prompt, as the provider counted them; 0 when it did not say.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
    /// By the prices in the settings, millionths of a dollar.
    pub cost_micro_usd: u64,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// The provider's own id of the request, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelOutcome {
    /// It answered as it was asked to.
    Answered,
    /// It declined, or the provider's safety filter did.
    Declined,
    /// The answer was cut off at its limit of tokens.
    Truncated,
    /// The answer is not of the form that was asked for.
    Malformed,
    /// The provider asked for patience (429, 529).
    RateLimited,
    /// The provider failed or could not be reached.
    Unavailable,
    /// It did not answer in time.
    TimedOut,
    /// The provider does not accept the request or the credential.
    Rejected,
    /// What a newer writer knows.
    #[serde(other)]
    Unknown,
}

/// What the models of one incident took so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelUse {
    /// Calls, however they ended.
    pub calls: u32,
    /// Tokens of all prompts.
    pub input_tokens: u64,
    /// Tokens of all answers.
    pub output_tokens: u64,
    /// Millionths of a dollar.
    pub cost_micro_usd: u64,
}

impl ModelUse {
    /// Whether there was no call.
    pub fn is_none(&self) -> bool {
        self.calls == 0
    }

    /// Takes a call in.
    pub fn add(&mut self, call: &ModelCall) {
        self.calls = self.calls.saturating_add(1);
        self.input_tokens = self.input_tokens.saturating_add(call.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(call.output_tokens);
        self.cost_micro_usd = self.cost_micro_usd.saturating_add(call.cost_micro_usd);
    }
}
