//! Log lines: one JSON object a line on stdout, each written with a single call so that lines never mix.

use serde_json::{Map, Value, json};
use std::io::Write;
use std::panic::PanicHookInfo;
use time::OffsetDateTime;

/// Writes a line with the members of `fields` and answers with its text. A stdout that is gone or full is no reason to
/// stop serving, so what cannot be written is lost.
pub(crate) fn line(level: &str, message: &str, fields: Value) -> Line {
    let ts = now();
    let mut members = Map::new();
    members.insert("ts".into(), json!(ts));
    members.insert("level".into(), json!(level));
    members.insert("message".into(), json!(message));
    if let Value::Object(fields) = fields {
        members.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    let text = Value::Object(members).to_string();
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(format!("{text}\n").as_bytes()).and_then(|()| stdout.flush());
    Line { ts, text }
}

/// A line that was written.
pub(crate) struct Line {
    /// Its time stamp.
    pub(crate) ts: String,
    /// All of it, without the line end.
    pub(crate) text: String,
}

/// Makes panics one JSON line each. Of the message only a literal is shown: a formatted one may hold what a failed
/// statement or a secret said.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let literal = panic.payload().downcast_ref::<&'static str>();
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        line("error", "panicked", json!({ "reason": "panic", "panic": literal, "location": place }));
    }));
}

/// RFC 3339 with microseconds.
pub(crate) fn now() -> String {
    let t = OffsetDateTime::now_utc();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        t.microsecond()
    )
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
