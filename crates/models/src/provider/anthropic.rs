//! Anthropic's Messages. The form of the answer is a tool that must be called.

use super::{Parts, Provider, Raw, Reply, status, stream, text, text_at, tokens};
use crate::error::{ModelError, word};
use crate::question::{Question, Usage};
use secrecy::SecretString;
use serde_json::{Value, json};

/// The version of the API: nothing of a later one is used.
const VERSION: &str = "2023-06-01";

/// See the module.
#[derive(Debug, Clone)]
pub struct Anthropic {
    /// The model.
    pub model: String,
    /// The key.
    pub key: Option<SecretString>,
}

impl Provider for Anthropic {
    fn encode(&self, question: &Question) -> Parts {
        // No temperature: newer models answer 400 to any.
        let body = json!({
            "model": self.model,
            "max_tokens": question.max_tokens,
            "stream": true,
            "system": [{ "type": "text", "text": question.system }],
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": question.prompt }] }],
            "tools": [{
                "name": question.name,
                "description": question.purpose,
                "input_schema": question.schema,
                "strict": true,
            }],
            "tool_choice": { "type": "tool", "name": question.name, "disable_parallel_tool_use": true },
        });
        let key = self.key.clone().map(|key| ("x-api-key", key));
        Parts { path: "/v1/messages".into(), headers: vec![("anthropic-version", VERSION.into())], key, body }
    }

    fn decode(&self, answer: &Raw) -> Reply {
        let request_id = answer.request_id(&["request-id", "x-request-id"]);
        if answer.status != 200 {
            return Reply { request_id, ..Reply::of(Err(status::failure(answer))) };
        }
        let body = match stream::body(answer, stream::anthropic) {
            Ok(body) => body,
            Err(error) => return Reply { request_id, ..Reply::of(Err(error)) },
        };
        let input = ["/usage/input_tokens", "/usage/cache_creation_input_tokens", "/usage/cache_read_input_tokens"]
            .iter()
            .fold(0_u64, |sum, pointer| sum.saturating_add(tokens(&body, pointer)));
        let usage = Usage { input, output: tokens(&body, "/usage/output_tokens") };
        Reply { usage, request_id, said: said(&body) }
    }
}

fn said(body: &Value) -> Result<Value, ModelError> {
    match text_at(body, "/stop_reason") {
        "refusal" => {
            let category = text_at(body, "/stop_details/category");
            return Err(ModelError::Declined(if category.is_empty() { "refusal".into() } else { word(category) }));
        }
        "max_tokens" | "model_context_window_exceeded" => return Err(ModelError::Truncated),
        "tool_use" | "end_turn" | "stop_sequence" => {}
        other => return Err(ModelError::malformed(format_args!("it stopped for {other:?}"))),
    }
    let blocks = body.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of_kind = |kind: &'static str| blocks.iter().filter(move |block| text_at(block, "/type") == kind);
    let call = of_kind("tool_use").next().and_then(|block| block.get("input"));
    match call {
        Some(input @ Value::Object(_)) => Ok(input.clone()),
        Some(_) => Err(ModelError::malformed("the tool's input is no object")),
        // A server that speaks this format but does not force tools may have written it down.
        None => text::object(&of_kind("text").map(|block| text_at(block, "/text")).collect::<String>()),
    }
}
