//! OpenAI's chat completions, as OpenAI, llama.cpp, vLLM and many others speak them. The form of the answer is its
//! `response_format`.

use super::{Parts, Provider, Raw, Reply, status, stream, text, text_at, tokens};
use crate::error::{ModelError, word};
use crate::question::{Question, Usage};
use secrecy::SecretString;
use serde_json::{Value, json};

/// See the module.
#[derive(Debug, Clone)]
pub struct OpenAi {
    /// The model.
    pub model: String,
    /// The key; servers of one's own have none.
    pub key: Option<SecretString>,
    /// What the limit of the answer's length is called: `max_completion_tokens`, elsewhere often `max_tokens`.
    pub max_tokens_field: String,
}

impl Provider for OpenAi {
    fn encode(&self, question: &Question) -> Parts {
        let mut body = json!({
            "model": self.model,
            "stream": true,
            "stream_options": { "include_usage": true },
            "messages": [
                { "role": "system", "content": question.system },
                { "role": "user", "content": question.prompt },
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": { "name": question.name, "strict": true, "schema": question.schema },
            },
        });
        if let Some(body) = body.as_object_mut() {
            body.insert(self.max_tokens_field.clone(), question.max_tokens.into());
        }
        let key = self.key.as_ref().map(super::bearer).map(|key| ("authorization", key));
        Parts { path: "/chat/completions".into(), headers: Vec::new(), key, body }
    }

    fn decode(&self, answer: &Raw) -> Reply {
        let request_id = answer.request_id(&["x-request-id", "request-id"]);
        if answer.status != 200 {
            return Reply { request_id, ..Reply::of(Err(status::failure(answer))) };
        }
        let body = match stream::body(answer, stream::openai) {
            Ok(body) => body,
            Err(error) => return Reply { request_id, ..Reply::of(Err(error)) },
        };
        let usage =
            Usage { input: tokens(&body, "/usage/prompt_tokens"), output: tokens(&body, "/usage/completion_tokens") };
        Reply { usage, request_id, said: said(&body) }
    }
}

fn said(body: &Value) -> Result<Value, ModelError> {
    // Some servers put an error into an answer with status 200.
    if let Some(error) = body.get("error").filter(|error| !error.is_null()) {
        return Err(ModelError::malformed(format_args!("an error with status 200: {}", text_at(error, "/message"))));
    }
    let Some(choice) = body.pointer("/choices/0") else { return Err(ModelError::Empty) };
    let refusal = text_at(choice, "/message/refusal");
    if !refusal.is_empty() {
        return Err(ModelError::Declined(word(refusal)));
    }
    match text_at(choice, "/finish_reason") {
        "length" => return Err(ModelError::Truncated),
        "content_filter" => return Err(ModelError::Declined("content_filter".into())),
        "stop" | "tool_calls" | "function_call" => {}
        other => return Err(ModelError::malformed(format_args!("it finished for {other:?}"))),
    }
    match choice.pointer("/message/tool_calls/0/function/arguments") {
        Some(arguments @ Value::Object(_)) => Ok(arguments.clone()),
        Some(Value::String(arguments)) => text::object(arguments),
        _ => text::object(text_at(choice, "/message/content")),
    }
}
