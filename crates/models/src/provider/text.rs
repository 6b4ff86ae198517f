//! JSON in what a model wrote. Pure.

use crate::error::ModelError;
use serde_json::Value;

/// The body of an HTTP answer.
pub(super) fn body(bytes: &[u8]) -> Result<Value, ModelError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ModelError::Empty);
    }
    serde_json::from_slice(bytes).map_err(|error| ModelError::malformed(format_args!("the body is no JSON: {error}")))
}

/// The JSON object that a text is, or that stands in it between a fence's lines or other words.
pub(super) fn object(text: &str) -> Result<Value, ModelError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ModelError::Empty);
    }
    let error = match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Object(_)) => return Ok(value),
        Ok(_) => return Err(ModelError::malformed("it is JSON, but no object")),
        Err(error) => error,
    };
    let between = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to));
    let inner = between.and_then(|text| serde_json::from_str(text).ok());
    inner.ok_or_else(|| ModelError::malformed(format_args!("it is no JSON object: {error}")))
}
