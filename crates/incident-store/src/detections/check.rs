//! What a detection may be.

use crate::error::StoreError;
use wire::detection::{Detection, MAX_CONTEXT, MAX_LINE, MAX_MESSAGE};
use wire::incident::Severity;
use wire::target::Catalogue;

/// The bound of the short texts, bytes.
const MAX_SHORT: usize = 256;

/// The detection's texts keep their bounds.
pub(super) fn bounds(detection: &Detection) -> Result<(), StoreError> {
    let short = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let longest_context = detection.context.iter().map(String::len).max().unwrap_or(0);
    let bounds = [
        ("message", detection.message.len(), MAX_MESSAGE, "bytes"),
        ("line", short(&detection.line), MAX_LINE, "bytes"),
        ("context", detection.context.len(), MAX_CONTEXT, "lines"),
        ("a line of `context`", longest_context, MAX_LINE, "bytes"),
        ("reason", short(&detection.reason), MAX_SHORT, "bytes"),
        ("trace_parent", short(&detection.trace_parent), MAX_SHORT, "bytes"),
        ("request_id", short(&detection.request_id), MAX_SHORT, "bytes"),
        ("version", short(&detection.version), MAX_SHORT, "bytes"),
    ];
    match bounds.iter().find(|(_, got, bound, _)| got > bound) {
        Some((what, got, bound, unit)) => {
            Err(StoreError::Invalid(format!("{what} has {got} {unit}: at most {bound} are taken")))
        }
        None => Ok(()),
    }
}

/// How bad the fault is, by the target's file.
pub(super) fn severity(catalogue: &Catalogue, detection: &Detection) -> Result<Severity, StoreError> {
    let (target, code) = (&detection.target, &detection.code);
    let Some(entry) = catalogue.get(target) else {
        let known = list(catalogue.keys().map(ToString::to_string));
        let message = format!("no target {target} is in the catalogue; known: {known}");
        return Err(StoreError::NotInCatalogue { code: "unknown_target", message });
    };
    entry.fault(code).map(|rule| rule.severity).ok_or_else(|| {
        let known = list(entry.faults.iter().map(|rule| rule.code.to_string()));
        let message = format!("the target {target} has no fault {code}; known: {known}");
        StoreError::NotInCatalogue { code: "unknown_fault", message }
    })
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.take(50).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
