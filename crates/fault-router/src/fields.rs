//! The members of a JSON log line that a detection is made of. Tolerant of a line that was cut. Pure.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// What a line says of itself; all of it is somebody else's word.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) marker: Option<String>,
    /// Whether it belongs to a replay.
    pub(crate) replay: bool,
    pub(crate) ts: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) version: Option<String>,
}

/// Reads a line; `None` when it is not one JSON object. Of a line that was cut, what stands before the cut.
pub(crate) fn parse(text: &str, cut: bool) -> Option<Fields> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let mut fields = Fields::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    match Collect(&mut fields).deserialize(&mut reader).and_then(|()| reader.end()) {
        Ok(()) => Some(fields),
        Err(error) if cut && error.is_eof() => Some(fields),
        Err(_) => None,
    }
}

/// Fills the fields member by member, so that an error later in the line does not take them away.
struct Collect<'a>(&'a mut Fields);

impl<'de> DeserializeSeed<'de> for Collect<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let slot = match key.as_str() {
                "marker" => &mut self.0.marker,
                "ts" => &mut self.0.ts,
                "message" => &mut self.0.message,
                "reason" => &mut self.0.reason,
                "event_id" => &mut self.0.event_id,
                "trace_id" => &mut self.0.trace_id,
                "traceparent" => &mut self.0.traceparent,
                "request_id" => &mut self.0.request_id,
                "version" => &mut self.0.version,
                "replay" => {
                    let value: Value = map.next_value()?;
                    self.0.replay |= !matches!(&value, Value::Null | Value::Bool(false)) && value != "";
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = match map.next_value()? {
                Value::String(text) => Some(text).filter(|text| !text.is_empty()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_line_gives_what_stands_before_the_cut() {
        let whole = r#"{"marker":"M","event_id":7,"nested":{"marker":"X"},"message":"long long"}"#;
        let fields = parse(whole, false).unwrap();
        assert_eq!((fields.marker.as_deref(), fields.event_id.as_deref()), (Some("M"), Some("7")));
        for length in 0..whole.len() {
            let cut = parse(&whole[..length], true);
            assert_eq!(parse(&whole[..length], false), None, "cut at {length}");
            if length > 13 {
                assert_eq!(cut.unwrap().marker.as_deref(), Some("M"), "cut at {length}");
            }
        }
    }

    #[test]
    fn only_a_replay_with_content_makes_a_line_evidence() {
        for (value, expected) in [
            ("\"kr-1\"", true),
            ("7", true),
            ("{}", true),
            ("true", true),
            ("\"\"", false),
            ("null", false),
            ("false", false),
        ] {
            let line = format!(r#"{{"replay":{value}}}"#);
            assert_eq!(parse(&line, false).unwrap().replay, expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_one_object_is_not_json_to_us() {
        for line in ["", "text", "[1]", "{", "{}{}", "{} tail", "{\"a\":1", "\"{}\""] {
            assert_eq!(parse(line, false), None, "{line:?}");
        }
        for name in ["a", "message"] {
            let deep = format!("{{\"{name}\":{0}{1}}}", "[".repeat(100_000), "]".repeat(100_000));
            assert_eq!(parse(&deep, false).is_some(), name == "a", "nesting costs no stack: {name}");
        }
    }
}
