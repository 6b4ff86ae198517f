//! An account that allows everything, or a number of calls, and remembers.

use chrono::{DateTime, Utc};
use models::chain::{Made, Planned};
use models::provider::{Anthropic, Gemini, Ollama, OpenAi, Provider};
use models::question::Price;
use models::{Chain, Link, ModelError, Question, Usage, Watch};
use serde::Deserialize;
use serde_json::json;
use std::sync::Mutex;
use std::time::Duration;
use wire::model::ModelOutcome;

/// The form of every answer here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub cure: String,
}

/// Who was asked, how it ended, and what it took and cost.
pub type Call = (String, ModelOutcome, Option<(Usage, u64)>);

/// See the module.
#[derive(Debug, Default)]
pub struct Account {
    pub allowed: Option<usize>,
    pub made: Mutex<Vec<Call>>,
    pub waits: Mutex<Vec<Duration>>,
}

impl Account {
    pub fn outcomes(&self) -> Vec<ModelOutcome> {
        self.made.lock().unwrap().iter().map(|(_, outcome, _)| *outcome).collect()
    }
}

impl Watch for Account {
    type Refused = &'static str;
    type Booked = ();

    fn now(&self) -> DateTime<Utc> {
        chassis::Clock::now(&*chassis::clock::system())
    }

    async fn before(&self, _: Planned<'_>) -> Result<(), &'static str> {
        let made = self.made.lock().unwrap().len();
        if self.allowed.is_some_and(|allowed| made >= allowed) { Err("enough") } else { Ok(()) }
    }

    async fn after(&self, (): (), made: Made<'_>) {
        let by = format!("{}/{}", made.planned.provider, made.planned.model);
        self.made.lock().unwrap().push((by, made.outcome, made.took));
    }

    fn waits(&self, _: &str, pause: Duration, _: &ModelError) {
        self.waits.lock().unwrap().push(pause);
    }
}

pub fn question() -> Question {
    Question {
        system: "You cure.".into(),
        prompt: "It is ill.".into(),
        name: "propose_cure".into(),
        purpose: "Propose a cure.".into(),
        schema: json!({
            "type": "object", "additionalProperties": false,
            "properties": { "cure": { "type": "string" } }, "required": ["cure"],
        }),
        max_tokens: 500,
    }
}

/// A provider of a name at a base URL. A million tokens cost 1 and 2 dollars.
pub fn link(name: &str, base: &str) -> Link {
    let (model, key) = (String::from("double"), Some("hunter2".into()));
    let provider: Box<dyn Provider> = match name {
        "anthropic" => Box::new(Anthropic { model, key }),
        "gemini" => Box::new(Gemini { model, key }),
        "ollama" => Box::new(Ollama { model, key: None, context: 8_192 }),
        _ => Box::new(OpenAi { model, key, max_tokens_field: "max_tokens".into() }),
    };
    Link::new(name, "double", base, Price { input: 1_000_000, output: 2_000_000 }, provider).expect("a base")
}

/// With a limit of 5 s a call, and so much patience.
pub fn chain(links: Vec<Link>, patience: Duration) -> Chain {
    Chain::new(links, Duration::from_secs(5), patience)
}
