//! What a detection may be.

use crate::error::StoreError;
use wire::detection::{Detection, MAX_CONTEXT, MAX_FIELD, MAX_FIELDS, MAX_LINE, MAX_MESSAGE};
use wire::incident::Severity;
use wire::target::Catalogue;

/// The bound of the short texts, bytes.
const MAX_SHORT: usize = 256;

/// The detection's texts keep their bounds.
pub(super) fn bounds(detection: &Detection) -> Result<(), StoreError> {
    let short = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let longest_context = detection.context.iter().map(String::len).max().unwrap_or(0);
    let longest_field = detection.fields.iter().map(|(name, value)| name.len().max(value.len())).max().unwrap_or(0);
    let bounds = [
        ("message", detection.message.len(), MAX_MESSAGE, "bytes"),
        ("line", short(&detection.line), MAX_LINE, "bytes"),
        ("context", detection.context.len(), MAX_CONTEXT, "lines"),
        ("a line of `context`", longest_context, MAX_LINE, "bytes"),
        ("reason", short(&detection.reason), MAX_SHORT, "bytes"),
        ("trace_parent", short(&detection.trace_parent), MAX_SHORT, "bytes"),
        ("request_id", short(&detection.request_id), MAX_SHORT, "bytes"),
        ("version", short(&detection.version), MAX_SHORT, "bytes"),
        ("service", short(&detection.service), MAX_SHORT, "bytes"),
        ("fields", detection.fields.len(), MAX_FIELDS, "members"),
        ("a member of `fields`", longest_field, MAX_FIELD, "bytes"),
    ];
    match bounds.iter().find(|(_, got, bound, _)| got > bound) {
        Some((what, got, bound, unit)) => {
            Err(StoreError::Invalid(format!("{what} has {got} {unit}: at most {bound} are taken")))
        }
        None => Ok(()),
    }
}

/// The detection without secrets: what an application reports by itself has not gone through the router, which takes
/// them out of what it reads.
pub(super) fn without_secrets(mut detection: Detection) -> Detection {
    let own = [&mut detection.reason, &mut detection.line, &mut detection.request_id, &mut detection.service];
    let texts = own.into_iter().flatten().chain([&mut detection.message]).chain(&mut detection.context);
    for (text, bound) in
        texts.zip(std::iter::repeat(MAX_LINE)).chain(detection.fields.values_mut().zip(std::iter::repeat(MAX_FIELD)))
    {
        if let std::borrow::Cow::Owned(mut safe) = wire::redact(text) {
            safe.truncate(safe.floor_char_boundary(bound));
            *text = safe;
        }
    }
    detection
}

/// How bad the fault is, by the target's file.
pub(super) fn severity(catalogue: &Catalogue, detection: &Detection) -> Result<Severity, StoreError> {
    let (target, code) = (&detection.target, &detection.code);
    let Some(entry) = catalogue.get(target) else {
        let known = list(catalogue.keys().map(ToString::to_string));
        let message = format!("no target {target} is in the catalogue; known: {known}");
        return Err(StoreError::NotInCatalogue { code: "unknown_target", message });
    };
    entry.severity(code).ok_or_else(|| {
        let of_resources = entry.resources.iter().map(|resource| resource.fault.to_string());
        let known = list(entry.faults.iter().map(|rule| rule.code.to_string()).chain(of_resources));
        let message = format!("the target {target} has no fault {code}; known: {known}");
        StoreError::NotInCatalogue { code: "unknown_fault", message }
    })
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.take(50).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_application_reports_by_itself_is_kept_without_its_secrets() {
        let detection = serde_json::json!({
            "target": "tiny", "code": "BOOM", "event_id": "e-1", "source": "application", "at": "2026-11-22T10:00:00Z",
            "message": "for ann@example.org", "line": "password=hunter2", "context": ["token: abc123"],
            "reason": "Bearer 0123456789abcdef", "fields": { "dsn": "postgres://u:hunter2@db/x" },
        });
        let detection = without_secrets(serde_json::from_value(detection).unwrap());
        let text = serde_json::to_string(&detection).unwrap();
        for secret in ["ann@", "hunter2", "abc123", "0123456789abcdef"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("e-1") && bounds(&detection).is_ok());
    }
}
