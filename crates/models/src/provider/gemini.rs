//! Gemini's streamGenerateContent. The form of the answer is its `responseJsonSchema`.

use super::{Parts, Provider, Raw, Reply, status, stream, text, text_at, tokens};
use crate::error::{ModelError, word};
use crate::question::{Question, Usage};
use secrecy::SecretString;
use serde_json::{Value, json};

/// See the module.
#[derive(Debug, Clone)]
pub struct Gemini {
    /// The model: part of the path, so letters, digits, `.`, `_` and `-` only.
    pub model: String,
    /// The key: a header, never in the URL.
    pub key: Option<SecretString>,
}

impl Provider for Gemini {
    fn encode(&self, question: &Question) -> Parts {
        let body = json!({
            "systemInstruction": { "parts": [{ "text": question.system }] },
            "contents": [{ "role": "user", "parts": [{ "text": question.prompt }] }],
            "generationConfig": {
                "maxOutputTokens": question.max_tokens,
                "responseMimeType": "application/json",
                "responseJsonSchema": question.schema,
            },
        });
        let key = self.key.clone().map(|key| ("x-goog-api-key", key));
        Parts {
            path: format!("/v1beta/models/{}:streamGenerateContent?alt=sse", self.model),
            headers: Vec::new(),
            key,
            body,
        }
    }

    fn decode(&self, answer: &Raw) -> Reply {
        if answer.status != 200 {
            return Reply::of(Err(status::failure(answer)));
        }
        let body = match stream::body(answer, stream::gemini) {
            Ok(body) => body,
            Err(error) => return Reply::of(Err(error)),
        };
        let output = ["/usageMetadata/candidatesTokenCount", "/usageMetadata/thoughtsTokenCount"]
            .iter()
            .fold(0_u64, |sum, pointer| sum.saturating_add(tokens(&body, pointer)));
        let usage = Usage { input: tokens(&body, "/usageMetadata/promptTokenCount"), output };
        let request_id = Some(word(text_at(&body, "/responseId"))).filter(|id| !id.is_empty());
        Reply { usage, request_id, said: said(&body) }
    }
}

fn said(body: &Value) -> Result<Value, ModelError> {
    let blocked = text_at(body, "/promptFeedback/blockReason");
    if !blocked.is_empty() {
        return Err(ModelError::Declined(word(blocked)));
    }
    let Some(candidate) = body.pointer("/candidates/0") else { return Err(ModelError::Empty) };
    match text_at(candidate, "/finishReason") {
        "STOP" => {}
        "MAX_TOKENS" | "CONTINUATION" => return Err(ModelError::Truncated),
        reason @ ("SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "JAILBREAK"
        | "ESCALATION" | "MODEL_ARMOR") => return Err(ModelError::Declined(reason.into())),
        other => return Err(ModelError::malformed(format_args!("it finished for {other:?}"))),
    }
    let parts = candidate.pointer("/content/parts").and_then(Value::as_array);
    let thought = |part: &&Value| part.get("thought").and_then(Value::as_bool).unwrap_or(false);
    let written = parts.into_iter().flatten().filter(|part| !thought(part)).map(|part| text_at(part, "/text"));
    text::object(&written.collect::<String>())
}
