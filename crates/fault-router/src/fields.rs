//! The members of a JSON log line that a detection is made of. Tolerant of a line that was cut. Pure.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use wire::detection::MAX_FIELDS;

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
    pub(crate) service: Option<String>,
    /// The target, where lines of several come together.
    pub(crate) target: Option<String>,
    /// The first other members with a plain value.
    pub(crate) rest: BTreeMap<String, String>,
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

impl Fields {
    /// Takes in a member; where two names mean the same, the first one that is there counts.
    pub(crate) fn take(&mut self, name: &str, value: Value) {
        let slot = match name {
            "replay" => {
                self.replay |= !matches!(&value, Value::Nothing) && value != Value::Plain(String::new());
                return;
            }
            "marker" => &mut self.marker,
            "ts" | "time" | "timestamp" | "@timestamp" => &mut self.ts,
            "message" | "msg" => &mut self.message,
            "reason" => &mut self.reason,
            "event_id" => &mut self.event_id,
            "trace_id" => &mut self.trace_id,
            "traceparent" => &mut self.traceparent,
            "request_id" => &mut self.request_id,
            "version" | "service.version" => &mut self.version,
            "service" | "service.name" => &mut self.service,
            "target" => &mut self.target,
            _ => {
                if let Value::Plain(text) = value
                    && self.rest.len() < MAX_FIELDS
                {
                    self.rest.insert(name.to_owned(), text);
                }
                return;
            }
        };
        if let (None, Value::Plain(text)) = (&slot, value) {
            *slot = Some(text).filter(|text| !text.is_empty());
        }
    }
}

/// A member's value, as far as it is of use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// `null` or `false`.
    Nothing,
    /// A text, number or `true`.
    Plain(String),
    /// A list or an object.
    Nested,
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
            let value = map.next_value()?;
            self.0.take(&key, value);
        }
        Ok(())
    }
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneValue)
    }
}

struct OneValue;

impl<'de> Visitor<'de> for OneValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(if value { Value::Plain("true".into()) } else { Value::Nothing })
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Plain(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Plain(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Plain(value.to_string()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Plain(value.to_owned()))
    }
    // What is nested is passed over without going down, however deep it is.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Nested)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Nested)
    }
}

#[cfg(test)]
mod tests;
