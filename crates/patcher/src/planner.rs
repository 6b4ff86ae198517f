//! The language models: who is asked, with which key, within which budget.

mod account;
mod keys;

pub(crate) use account::{Account, No};
pub use keys::Keys;

use crate::decide::refusal;
use crate::failure::Failure;
use crate::settings::{Models, Place};
use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use models::address;
use models::budget::Limits;
use models::ledger::Ledger;
use models::provider::{Anthropic, Gemini, Ollama, OpenAi, Provider};
use models::question::Price;
use models::{Chain, Link, ModelError};
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;
use wire::proposal::Refusal;

/// See the module.
#[derive(Debug)]
pub(crate) struct Planner {
    pub(crate) chain: Chain,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) limits: Limits,
    pub(crate) max_tokens: u32,
    offline: bool,
}

impl Planner {
    /// Of the settings and the keys; its ledger is kept in a folder.
    pub(crate) fn new(settings: &Models, keys: &Keys, folder: &Path, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let mut links = Vec::new();
        for name in settings.order.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let link =
                link(name, settings, keys).with_context(|| format!("the model provider {name} cannot be used"))?;
            links.extend(link);
        }
        if keys.offline {
            links.clear();
        }
        let chain = Chain::new(links, settings.limit(), settings.patience());
        tracing::info!(providers = chain.titles().join(", "), offline = keys.offline, "language models");
        Ok(Self {
            chain,
            ledger: Arc::new(Ledger::open(folder, now).context("no account of the models can be kept")?),
            limits: settings.limits(),
            max_tokens: settings.max_tokens,
            offline: keys.offline,
        })
    }

    /// Why nobody can be asked, if so.
    pub(crate) fn nobody(&self) -> Option<Refusal> {
        let why = match (self.chain.is_empty(), self.offline) {
            (false, _) => return None,
            (true, true) => "OFFLINE_MODE is set: no language model is asked",
            (true, false) => {
                "no language model is set up: give the patcher a key, e.g. ANTHROPIC_API_KEY, or a server on this machine"
            }
        };
        Some(refusal("no_provider", why))
    }
}

/// A provider's link; none when it is not set up.
fn link(name: &str, settings: &Models, keys: &Keys) -> anyhow::Result<Option<Link>> {
    let (place, key) = match name {
        "anthropic" => (&settings.anthropic, &keys.anthropic),
        "gemini" => (&settings.gemini, &keys.gemini),
        "openai" => (&settings.openai, &keys.openai),
        "ollama" => (&settings.ollama, &keys.ollama),
        _ => bail!("it is none of anthropic, gemini, openai and ollama"),
    };
    let Place { base_url, model, input_price, output_price } = place;
    if model.is_empty() || (key.is_none() && !address::is_local(base_url)) {
        return Ok(None);
    }
    let free = *input_price == 0 || *output_price == 0;
    ensure!(!free || address::is_local(base_url), "it has no price, so a budget of money would not bite");
    let model = address::model(model, name == "gemini")?;
    let provider = provider(name, &model, key.clone(), settings);
    let price = Price { input: *input_price, output: *output_price };
    Ok(Some(Link::new(name, &model, base_url, price, provider)?))
}

fn provider(name: &str, model: &str, key: Option<SecretString>, settings: &Models) -> Box<dyn Provider> {
    let model = model.to_owned();
    match name {
        "anthropic" => Box::new(Anthropic { model, key }),
        "gemini" => Box::new(Gemini { model, key }),
        "ollama" => Box::new(Ollama { model, key, context: settings.ollama_context }),
        _ => Box::new(OpenAi { model, key, max_tokens_field: settings.openai_max_tokens_field.clone() }),
    }
}

/// What it comes to that nobody answered: a failure where somebody may be back later, else a refusal.
pub(crate) fn unanswered(tried: &[(String, Option<ModelError>)]) -> Result<Refusal, Failure> {
    let told = |(by, error): &(String, Option<ModelError>)| match error {
        Some(error) => format!("{by}: {error}"),
        None => format!("{by}: left alone for a while after failures"),
    };
    let why = tried.iter().map(told).collect::<Vec<_>>().join("; ");
    let may_pass = tried.iter().any(|(_, error)| error.as_ref().is_none_or(ModelError::may_pass));
    if may_pass {
        return Err(Failure::ModelsAway(why));
    }
    let code = match tried.last().and_then(|(_, error)| error.as_ref()) {
        Some(ModelError::Declined(_)) => "declined",
        Some(ModelError::Truncated) => "truncated",
        Some(ModelError::Rejected { .. } | ModelError::Quota(_)) => "model_rejected",
        _ => "malformed",
    };
    Ok(refusal(code, why))
}

#[cfg(test)]
mod tests;
