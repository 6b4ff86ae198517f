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

/// Whether a status says that the call itself is wrong: the target is well, and the same call would be answered alike.
pub(super) fn is_refusal(status: Option<u16>) -> bool {
    status.is_some_and(|status| (400..500).contains(&status) && !matches!(status, 408 | 425 | 429))
}

/// The fault of a failure; none when the target refused the call, and nothing in its text says that it is a fault.
pub(super) fn fault_of(target: &Target, request: &HandOver) -> Option<(FaultCode, By)> {
    let text = request.failure.error.as_deref().unwrap_or_default();
    if let Some(rule) = target.faults.iter().find(|rule| speaks_of(rule, text)) {
        return Some((rule.code.clone(), By::Text));
    }
    let (call, status) = (&request.call, request.failure.status);
    if is_refusal(status) {
        return None;
    }
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

/// The failure's name as an occurrence, where nobody named it: the same each time.
pub(super) fn own_event(record: &Record) -> EventId {
    EventId::try_from(format!("handover-{}", record.id)).unwrap_or_else(|_| EventId::fresh())
}

/// The failure as a detection. The occurrence that the caller named is taken for it only where the failure's own text says
/// which fault it is: else the target's own report of it, of another fault, would count as known.
pub(super) fn detection(record: &Record, code: FaultCode, by: By, now: DateTime<Utc>) -> Detection {
    let HandOver { target, call, failure, .. } = &record.request;
    let named = failure.event_id.clone().filter(|_| by == By::Text);
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
        event_id: named.unwrap_or_else(|| own_event(record)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TARGET: &str = r#"
name = "a-target"
repository = { url = "/nowhere", branch = "main" }
logs = { live = "/l", private = "/p" }
faults = [
  { code = "MARKED", marker = "E_MARK" },
  { code = "FITTING", pattern = 'timed out after \d+ ms' },
  { code = "PROMISED", marker = "P" },
  { code = "TWICE_A", marker = "TA" },
  { code = "TWICE_B", marker = "TB" },
]
patch = { language = "python", files = ["a.py"] }
build = { outputs = [{ from = "a.py", to = "a.py" }] }
test = { command = ["true"] }
run = { command = ["true"], health = { path = "/" } }
handover = { base_url = "http://127.0.0.1:1", paths = ["/"] }
contracts = [
  { fault = "PROMISED", request = { method = "GET", path = "/a?x=1" }, expect = { status = 200, deadline_ms = 1 }, witnesses = WITNESSES },
  { fault = "TWICE_A", request = { method = "GET", path = "/b" }, expect = { status = 200, deadline_ms = 1 }, witnesses = WITNESSES },
  { fault = "TWICE_B", request = { method = "GET", path = "/b" }, expect = { status = 503, deadline_ms = 1 }, witnesses = WITNESSES },
]
"#;

    fn target() -> Target {
        let witnesses = r#"[{ kind = "call_count", url = "http://127.0.0.1:9/calls/{replay}" }]"#;
        Target::parse(&TARGET.replace("WITNESSES", witnesses)).unwrap()
    }

    fn failed(path: &str, status: u16, error: &str) -> HandOver {
        let request = json!({"target": "a-target", "idempotency_key": "k", "call": {"method": "GET", "path": path},
            "failure": {"status": status, "error": error, "at": "2026-11-22T10:00:00Z", "event_id": "named"}});
        serde_json::from_value(request).unwrap()
    }

    #[track_caller]
    fn check(request: &HandOver, wanted: (&str, By)) {
        let target = target();
        let (code, by) = fault_of(&target, request).unwrap();
        assert_eq!((code.as_str(), by), wanted);
    }

    #[test]
    fn the_failures_text_says_it_before_the_call_does() {
        check(&failed("/a", 500, "[E_MARK] it broke"), ("MARKED", By::Text));
        check(&failed("/a", 500, "it timed out after 30 ms"), ("FITTING", By::Text));
        check(&failed("/a?x=2", 500, "NOT_E_MARKED"), ("PROMISED", By::Contract));
    }

    #[test]
    fn a_contract_that_the_answer_meets_says_nothing_and_neither_do_two() {
        check(&failed("/b", 503, ""), ("TWICE_A", By::Contract));
        let target = target();
        for request in [failed("/b", 500, ""), failed("/c", 500, "")] {
            let (code, by) = fault_of(&target, &request).unwrap();
            assert!(by == By::Nothing && code.is_unmarked(), "{code}");
        }
        let kind = |path: &str, status| fault_of(&target, &failed(path, status, "")).unwrap().0;
        assert_eq!(kind("/c?n=1", 500), kind("/c?n=2", 500), "the query makes no other kind");
        assert_ne!(kind("/c", 500), kind("/c", 502));
    }

    #[test]
    fn a_call_that_the_target_refused_is_no_fault_unless_its_text_says_so() {
        let target = target();
        for status in [400, 401, 403, 404, 409, 413, 422] {
            for path in ["/a", "/c"] {
                assert_eq!(fault_of(&target, &failed(path, status, "no")), None, "{path} {status}");
            }
            check(&failed("/a", status, "E_MARK"), ("MARKED", By::Text));
        }
        for status in [408, 425, 429, 500, 503] {
            check(&failed("/a", status, "no"), ("PROMISED", By::Contract));
            assert_eq!(fault_of(&target, &failed("/c", status, "no")).unwrap().1, By::Nothing, "{status}");
        }
        let mut unanswered = failed("/a", 500, "connection refused");
        unanswered.failure.status = None;
        check(&unanswered, ("PROMISED", By::Contract));
    }

    #[test]
    fn a_named_occurrence_is_taken_only_where_the_text_says_which_fault_it_is() {
        let request = failed("/a", 500, "E_MARK password=hunter2");
        let record = Record::new("a-caller", request, DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
        let detected = |by| detection(&record, "MARKED".parse().unwrap(), by, DateTime::UNIX_EPOCH);
        assert_eq!(detected(By::Text).event_id.as_str(), "named");
        assert_eq!(detected(By::Contract).event_id.as_str(), format!("handover-{}", record.id));
        let text = serde_json::to_string(&detected(By::Nothing)).unwrap();
        assert!(!text.contains("hunter2") && text.contains("GET /a was answered with 500"), "{text}");
    }
}
