//! An answer that comes in pieces (server-sent events), put together into what it would have been at once. Pure.
//!
//! A stream that ends without its own word for the end was cut: what came of it is no answer, however whole it looks.

use super::{Raw, text, text_at};
use crate::error::ModelError;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The body of an answer, at once or in pieces; `together` puts the pieces together, or answers none when the end is missing.
pub(super) fn body(
    answer: &Raw,
    together: fn(&[Value]) -> Result<Option<Value>, ModelError>,
) -> Result<Value, ModelError> {
    if !answer.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return text::body(&answer.body);
    }
    let all = std::str::from_utf8(&answer.body).map_err(ModelError::malformed)?;
    let mut pieces = Vec::new();
    for data in all.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim) {
        if data == "[DONE]" || data.is_empty() {
            continue;
        }
        let piece: Value = serde_json::from_str(data)
            .map_err(|error| ModelError::malformed(format_args!("a piece of the stream is no JSON: {error}")))?;
        if let Some(error) = piece.get("error").filter(|error| !error.is_null()) {
            return Err(failed(error));
        }
        pieces.push(piece);
    }
    together(&pieces)?.ok_or_else(|| ModelError::Network("the stream was cut before its end".into()))
}

/// An error in the midst of a stream, which began with status 200.
fn failed(error: &Value) -> ModelError {
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
    match text_at(error, "/type") {
        "overloaded_error" => ModelError::Busy { status: 529, after: None },
        "rate_limit_error" => ModelError::Busy { status: 429, after: None },
        _ => ModelError::Failed { status, after: None },
    }
}

/// Of Anthropic: blocks by their number, each begun and then added to.
pub(super) fn anthropic(pieces: &[Value]) -> Result<Option<Value>, ModelError> {
    let mut blocks: BTreeMap<u64, (Value, String)> = BTreeMap::new();
    let (mut message, mut usage, mut over) = (Map::new(), Map::new(), false);
    for piece in pieces {
        let index = piece.get("index").and_then(Value::as_u64).unwrap_or(0);
        match text_at(piece, "/type") {
            "message_start" => take_over(&mut usage, piece.pointer("/message/usage")),
            "content_block_start" => {
                let block = piece.get("content_block").cloned().unwrap_or_default();
                blocks.insert(index, (block, String::new()));
            }
            "content_block_delta" => {
                let (_, written) = blocks.entry(index).or_default();
                let more = ["/delta/text", "/delta/partial_json"].map(|pointer| text_at(piece, pointer));
                more.into_iter().for_each(|more| written.push_str(more));
            }
            "message_delta" => {
                take_over(&mut message, piece.get("delta"));
                take_over(&mut usage, piece.get("usage"));
            }
            "message_stop" => over = true,
            _ => {}
        }
    }
    if !over {
        return Ok(None);
    }
    let content: Result<Vec<Value>, ModelError> =
        blocks.into_values().map(|(block, text)| whole(&block, text)).collect();
    message.extend([("content".to_owned(), content?.into()), ("usage".to_owned(), usage.into())]);
    Ok(Some(message.into()))
}

fn whole(block: &Value, written: String) -> Result<Value, ModelError> {
    let kind = text_at(block, "/type");
    Ok(match kind {
        "tool_use" if written.is_empty() => block.clone(),
        "tool_use" => json!({ "type": kind, "input": text::object(&written)? }),
        _ => json!({ "type": kind, "text": written }),
    })
}

/// Of chat completions: the first choice's content, refusal and first tool's arguments grow.
pub(super) fn openai(pieces: &[Value]) -> Result<Option<Value>, ModelError> {
    let at = |pointer: &'static str| pieces.iter().map(|piece| text_at(piece, pointer)).collect::<String>();
    let last =
        |pointer: &str| pieces.iter().rev().filter_map(|piece| piece.pointer(pointer)).find(|value| !value.is_null());
    let Some(reason) = last("/choices/0/finish_reason") else { return Ok(None) };
    let arguments = at("/choices/0/delta/tool_calls/0/function/arguments");
    let tools = if arguments.is_empty() { json!([]) } else { json!([{ "function": { "arguments": arguments } }]) };
    let (content, refusal) = (at("/choices/0/delta/content"), at("/choices/0/delta/refusal"));
    let message = json!({ "content": content, "refusal": refusal, "tool_calls": tools });
    let usage = last("/usage").cloned().unwrap_or_default();
    Ok(Some(json!({ "choices": [{ "message": message, "finish_reason": reason }], "usage": usage })))
}

/// Of Gemini: every piece is an answer, with more parts; the last one says why it ended.
pub(super) fn gemini(pieces: &[Value]) -> Result<Option<Value>, ModelError> {
    let last = |pointer: &str| pieces.iter().rev().find_map(|piece| piece.pointer(pointer)).cloned();
    let (reason, feedback) = (last("/candidates/0/finishReason"), last("/promptFeedback"));
    let parts: Vec<Value> = pieces
        .iter()
        .filter_map(|piece| piece.pointer("/candidates/0/content/parts").and_then(Value::as_array))
        .flatten()
        .cloned()
        .collect();
    let candidates = reason.iter().map(|reason| json!({ "content": { "parts": parts }, "finishReason": reason }));
    let whole = json!({
        "promptFeedback": feedback,
        "usageMetadata": last("/usageMetadata"),
        "responseId": last("/responseId"),
        "candidates": candidates.collect::<Vec<Value>>(),
    });
    Ok((reason.is_some() || feedback.is_some()).then_some(whole))
}

/// The members of an object, over those that are there.
fn take_over(into: &mut Map<String, Value>, from: Option<&Value>) {
    let members = from.and_then(Value::as_object).into_iter().flatten().filter(|(_, value)| !value.is_null());
    into.extend(members.map(|(name, value)| (name.clone(), value.clone())));
}
