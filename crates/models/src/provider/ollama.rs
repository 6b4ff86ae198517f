//! Ollama's `/api/chat`. The form of the answer is its `format`.

use super::{Parts, Provider, Raw, Reply, status, text, text_at, tokens};
use crate::error::{ModelError, word};
use crate::question::{Question, Usage};
use secrecy::SecretString;
use serde_json::{Value, json};

/// See the module.
#[derive(Debug, Clone)]
pub struct Ollama {
    /// The model, with its tag.
    pub model: String,
    /// The key; a server of one's own has none.
    pub key: Option<SecretString>,
    /// The context that it is to hold, tokens. Ollama cuts off what does not fit without a word.
    pub context: u32,
}

impl Provider for Ollama {
    fn encode(&self, question: &Question) -> Parts {
        let system = format!("{}\nAnswer with JSON only, of this schema: {}", question.system, question.schema);
        let body = json!({
            "model": self.model,
            "stream": false,
            "messages": [{ "role": "system", "content": system }, { "role": "user", "content": question.prompt }],
            "format": question.schema,
            "options": { "num_ctx": self.context, "num_predict": question.max_tokens, "temperature": 0 },
        });
        let key = self.key.as_ref().map(super::bearer).map(|key| ("authorization", key));
        Parts { path: "/api/chat".into(), headers: Vec::new(), key, body }
    }

    fn decode(&self, answer: &Raw) -> Reply {
        if answer.status != 200 {
            return Reply::of(Err(status::failure(answer)));
        }
        let body = match text::body(&answer.body) {
            Ok(body) => body,
            Err(error) => return Reply::of(Err(error)),
        };
        let usage = Usage { input: tokens(&body, "/prompt_eval_count"), output: tokens(&body, "/eval_count") };
        let said = said(&body).and_then(|value| match usage.input < u64::from(self.context) {
            true => Ok(value),
            // It filled its context: the beginning of the question, with its rules, was not read.
            false => Err(ModelError::Truncated),
        });
        Reply { usage, request_id: None, said }
    }
}

fn said(body: &Value) -> Result<Value, ModelError> {
    if let Some(error) = body.get("error").and_then(Value::as_str) {
        return Err(ModelError::malformed(word(error)));
    }
    match text_at(body, "/done_reason") {
        "length" => return Err(ModelError::Truncated),
        "stop" => {}
        other => return Err(ModelError::malformed(format_args!("it is done for {other:?}"))),
    }
    match body.pointer("/message/tool_calls/0/function/arguments") {
        Some(arguments @ Value::Object(_)) => Ok(arguments.clone()),
        _ => text::object(text_at(body, "/message/content")),
    }
}
