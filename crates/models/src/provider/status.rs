//! What an HTTP status and an error's body mean, which most providers agree on. Pure.

use super::{Raw, text_at};
use crate::error::{ModelError, word};
use chrono::DateTime;
use serde_json::Value;
use std::time::Duration;

/// Words of an error's code that say that waiting seconds does not help.
const USED_UP: [&str; 6] = [
    "insufficient_quota",
    "billing_error",
    "billing_hard_limit_reached",
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "credit_balance_too_low",
];

/// Why a status that is no success brought no answer.
pub(super) fn failure(answer: &Raw) -> ModelError {
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    // Gemini wraps its error into an array at times.
    let error = body.get(0).unwrap_or(&body);
    let error = error.get("error").unwrap_or(error);
    let codes = codes(error);
    let status = answer.status;
    let after = after(answer, error);
    let used_up = codes.iter().any(|code| USED_UP.contains(&code.as_str()) || code.contains("PerDay"));
    match status {
        402 => ModelError::Quota(status),
        _ if used_up => ModelError::Quota(status),
        429 | 529 => ModelError::Busy { status, after },
        // Ollama: its queue is full.
        503 => ModelError::Busy { status, after },
        408 | 409 | 425 | 499 | 500.. => ModelError::Failed { status, after },
        300..400 => {
            ModelError::Rejected { status, why: "it answers from elsewhere: redirects are not followed".into() }
        }
        _ => ModelError::Rejected { status, why: word(codes.first().map_or("", String::as_str)) },
    }
}

/// Everything in an error that programs may rely on, the most telling first.
fn codes(error: &Value) -> Vec<String> {
    let mut codes: Vec<String> = ["/details/error_code", "/code", "/type", "/status"]
        .iter()
        .map(|pointer| text_at(error, pointer).to_owned())
        .collect();
    let details = error.get("details").and_then(Value::as_array);
    for detail in details.into_iter().flatten().take(8) {
        codes.push(text_at(detail, "/reason").to_owned());
        let violations = detail.get("violations").and_then(Value::as_array);
        codes.extend(violations.into_iter().flatten().take(8).map(|one| text_at(one, "/quotaId").to_owned()));
    }
    // Ollama's error is a text by itself.
    codes.push(error.as_str().unwrap_or_default().to_owned());
    codes.retain(|code| !code.is_empty());
    codes
}

/// When it wants to be asked again: its headers, or Gemini's `RetryInfo`.
fn after(answer: &Raw, error: &Value) -> Option<Duration> {
    let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse::<f64>().ok());
    let seconds = number("retry-after-ms").map(|ms| ms / 1_000.0).or_else(|| number("retry-after"));
    let seconds = seconds.or_else(|| until(answer.header("retry-after")?, answer.header("date")?));
    let details = error.get("details").and_then(Value::as_array);
    let told = details.into_iter().flatten().map(|detail| text_at(detail, "/retryDelay")).find(|text| !text.is_empty());
    let told = told.and_then(|text| text.strip_suffix('s')?.parse::<f64>().ok());
    Duration::try_from_secs_f64(seconds.or(told)?).ok()
}

/// A date, by the provider's own clock: ours may differ.
fn until(after: &str, now: &str) -> Option<f64> {
    let [after, now] = [after, now].map(|date| DateTime::parse_from_rfc2822(date.trim()).ok());
    let seconds = after?.signed_duration_since(now?).num_seconds().max(0);
    u32::try_from(seconds).ok().map(f64::from)
}
