//! Which fault a handed-over failure is, as far as the target file can tell, and how it is reported. Pure.

use super::record::Record;
use chrono::{DateTime, Utc};
use regex::RegexBuilder;
use std::collections::{BTreeMap, BTreeSet};
use wire::detection::{Detection, MAX_FIELD, Source};
use wire::handover::HandOver;
use wire::target::{FaultRule, Target};
use wire::{Digest, EventId, FaultCode, redact};

/// Bound of a pattern's automaton, bytes.
const MAX_PROGRAM: usize = 1 << 20;
/// How many digits of a digest name a kind of failure.
const SHORT: usize = 8;

/// By what a fault was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The failure's text bears the fault's marker, or fits its pattern.
    Text,
    /// The fault's contract is about this very call.
    Contract,
    /// Nothing: it is a kind of its own, which is diagnosed and never changed anything for.
    Nothing,
}

/// The fault of a failure.
pub(super) fn fault_of(target: &Target, request: &HandOver) -> Option<(FaultCode, By)> {
    let text = request.failure.error.as_deref().unwrap_or_default();
    if let Some(rule) = target.faults.iter().find(|rule| speaks_of(rule, text)) {
        return Some((rule.code.clone(), By::Text));
    }
    let (call, status) = (&request.call, request.failure.status);
    let of_call = target.contracts.iter().filter(|contract| {
        let route = contract.request.path.split('?').next();
        contract.request.method == call.method
            && route == Some(call.route())
            && !contract.answers.iter().any(|answer| Some(answer.status) == status)
    });
    let codes: BTreeSet<&FaultCode> = of_call.map(|contract| &contract.fault).collect();
    // A call of which two contracts speak says nothing.
    if let (1, Some(code)) = (codes.len(), codes.first()) {
        return Some(((*code).clone(), By::Contract));
    }
    kind_of(request).map(|code| (code, By::Nothing))
}

fn speaks_of(rule: &FaultRule, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let bears_marker = !rule.marker.is_empty()
        && text.match_indices(&rule.marker).any(|(at, found)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        });
    let fits =
        |pattern: &String| RegexBuilder::new(pattern).size_limit(MAX_PROGRAM).build().is_ok_and(|p| p.is_match(text));
    bears_marker || rule.pattern.as_ref().is_some_and(fits)
}

/// The same call that fails alike is the same kind.
fn kind_of(request: &HandOver) -> Option<FaultCode> {
    let HandOver { target, call, failure, .. } = request;
    let status = failure.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let parts = [target.as_str(), &call.method, call.route(), &status];
    let digest = Digest::of_parts(parts.map(str::as_bytes));
    let short = digest.as_str().get(..SHORT).unwrap_or_default().to_uppercase();
    FaultCode::of_unknown(&short)
}

/// The failure as a detection. The occurrence that the caller named is taken for it only where the failure's own text says
/// which fault it is: else the target's own report of it, of another fault, would count as known.
pub(super) fn detection(record: &Record, code: FaultCode, by: By, now: DateTime<Utc>) -> Detection {
    let HandOver { target, call, failure, .. } = &record.request;
    let named = failure.event_id.clone().filter(|_| by == By::Text);
    let own = || EventId::try_from(format!("handover-{}", record.id)).unwrap_or_else(|_| EventId::fresh());
    let how = failure.status.map_or_else(|| "had no answer".to_owned(), |status| format!("was answered with {status}"));
    let why = failure.error.as_ref().map(|error| format!(": {}", redact(error))).unwrap_or_default();
    let reason = failure.status.map_or_else(|| "no_answer".to_owned(), |status| format!("status_{status}"));
    let field = |text: &str| crate::rows::cut(text, MAX_FIELD / 4);
    let fields = BTreeMap::from([
        ("caller".to_owned(), field(&record.caller)),
        ("call".to_owned(), field(&call.shown())),
        ("handover".to_owned(), record.id.to_string()),
    ]);
    Detection {
        target: target.clone(),
        code,
        event_id: named.unwrap_or_else(own),
        source: Source::Caller,
        at: failure.at.min(now),
        message: crate::rows::cut(&format!("{} {how}{why}", call.shown()), 1_000),
        reason: Some(reason),
        line: None,
        context: Vec::new(),
        trace_parent: failure.trace_parent.clone(),
        request_id: None,
        version: None,
        service: None,
        fields,
    }
}
