//! What every structured log line carries, whatever happened: it is no evidence of anything.

use serde_json::{Map, Value};

/// The members by which a line is filed: when, where, how bad and in which trace.
const ENVELOPE: [&str; 25] = [
    "@timestamp",
    "app",
    "env",
    "event_id",
    "host",
    "hostname",
    "level",
    "logger",
    "parent_id",
    "pid",
    "request_id",
    "service",
    "severity",
    "span_id",
    "target",
    "thread",
    "time",
    "timestamp",
    "trace_flags",
    "trace_id",
    "traceparent",
    "tracestate",
    "ts",
    "user_agent",
    "version",
];
/// The members whose values say it themselves.
const SPEAKING: [&str; 8] = ["code", "error", "marker", "message", "msg", "reason", "statement", "text"];

/// A text whose JSON lines hold only what they say: the envelope's members go, names and values of the rest stay.
pub(crate) fn without(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        if !kept.is_empty() {
            kept.push('\n');
        }
        match object(line) {
            Some(members) => say(&members, &mut kept),
            None => kept.push_str(line),
        }
    }
    kept
}

fn object(line: &str) -> Option<Map<String, Value>> {
    let line = line.trim();
    line.starts_with('{').then(|| serde_json::from_str(line).ok())?
}

fn say(members: &Map<String, Value>, kept: &mut String) {
    for (name, value) in members {
        if ENVELOPE.binary_search(&name.as_str()).is_ok() {
            continue;
        }
        if !SPEAKING.contains(&name.as_str()) {
            kept.push_str(name);
            kept.push(' ');
        }
        match value {
            Value::String(text) => kept.push_str(text),
            other => kept.push_str(&other.to_string()),
        }
        // A sentence's end, so that what stands in two members is not read as one.
        kept.push_str(" ; ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_what_it_says_and_loses_where_it_is_filed() {
        assert!(ENVELOPE.is_sorted());
        let line = r#"{"ts":"2026-11-22T00:35:42Z","level":"error","marker":"FAULT_X","message":"it \"broke\"","rows":7,"version":"1.8.0","trace_id":"0af7"}"#;
        assert_eq!(without(line), "FAULT_X ; it \"broke\" ; rows 7 ; ");
        assert_eq!(without(&format!("before\n  {line}\nafter")), "before\nFAULT_X ; it \"broke\" ; rows 7 ; \nafter");
    }

    #[test]
    fn what_is_no_object_stays_as_it_is() {
        for text in ["", "plain", "{cut off", "[1,2]", "{}x", "version 1.8.0 was rolled out at level three"] {
            assert_eq!(without(text), text);
        }
    }
}
