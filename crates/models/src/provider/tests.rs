//! Recorded shapes of each provider's answers, and what they come to.

mod asked;
mod answered;
mod failed;
mod streamed;

use super::*;
use serde_json::json;

fn question() -> Question {
    Question {
        system: "SYSTEM".into(),
        prompt: "PROMPT".into(),
        name: "propose_patch".into(),
        purpose: "Propose a patch.".into(),
        schema: json!({ "type": "object", "additionalProperties": false, "properties": { "a": { "type": "integer" } }, "required": ["a"] }),
        max_tokens: 900,
    }
}

fn key() -> Option<SecretString> {
    Some("hunter2".into())
}

fn anthropic() -> Anthropic {
    Anthropic { model: "claude-x".into(), key: key() }
}

fn gemini() -> Gemini {
    Gemini { model: "gemini-x".into(), key: key() }
}

fn openai() -> OpenAi {
    OpenAi { model: "gpt-x".into(), key: key(), max_tokens_field: "max_completion_tokens".into() }
}

fn ollama() -> Ollama {
    Ollama { model: "qwen:1b".into(), key: None, context: 8_192 }
}

fn all() -> [Box<dyn Provider>; 4] {
    [Box::new(anthropic()), Box::new(gemini()), Box::new(openai()), Box::new(ollama())]
}

fn raw(status: u16, body: &str) -> Raw {
    Raw { status, headers: BTreeMap::new(), body: body.into() }
}
