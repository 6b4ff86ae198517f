//! OTLP's values, and how protobuf's JSON writes numbers and bytes. Pure.

use super::message::KeyValue;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `AnyValue`.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 2, 3, 4, 5, 6, 7")]
    #[serde(flatten)]
    pub(super) value: Option<Any>,
}

/// What a value may be.
#[derive(Clone, PartialEq, prost::Oneof, Deserialize)]
pub(super) enum Any {
    /// On the wire a text is bytes; read so, one that is no UTF-8 costs itself and not the whole request.
    #[prost(bytes, tag = "1")]
    #[serde(rename = "stringValue", alias = "string_value", deserialize_with = "text_bytes")]
    Text(Vec<u8>),
    #[prost(bool, tag = "2")]
    #[serde(rename = "boolValue", alias = "bool_value")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    #[serde(rename = "intValue", alias = "int_value", deserialize_with = "number")]
    Int(i64),
    #[prost(double, tag = "4")]
    #[serde(rename = "doubleValue", alias = "double_value", deserialize_with = "number")]
    Double(f64),
    #[prost(message, tag = "5")]
    #[serde(rename = "arrayValue", alias = "array_value")]
    Array(ArrayValue),
    #[prost(message, tag = "6")]
    #[serde(rename = "kvlistValue", alias = "kvlist_value")]
    Members(KeyValueList),
    /// As JSON has it, base64.
    #[prost(bytes, tag = "7")]
    #[serde(rename = "bytesValue", alias = "bytes_value", deserialize_with = "text_bytes")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub(super) values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "or_default")]
    pub(super) values: Vec<KeyValue>,
}

impl AnyValue {
    /// As JSON.
    pub(super) fn json(&self) -> Value {
        match &self.value {
            None => Value::Null,
            Some(Any::Text(text) | Any::Bytes(text)) => String::from_utf8_lossy(text).into(),
            Some(Any::Bool(value)) => (*value).into(),
            Some(Any::Int(value)) => (*value).into(),
            Some(Any::Double(value)) => (*value).into(),
            Some(Any::Array(array)) => array.values.iter().map(AnyValue::json).collect(),
            Some(Any::Members(members)) => members.values.iter().map(|m| (m.key.clone(), m.json())).collect(),
        }
    }
}

impl KeyValue {
    /// The value as JSON.
    pub(super) fn json(&self) -> Value {
        self.value.as_ref().map_or(Value::Null, AnyValue::json)
    }
}

/// `null` is the default of every field.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// A number, or the text of one.
pub(super) fn number<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + std::str::FromStr<Err: std::fmt::Display>,
{
    match Value::deserialize(from)? {
        Value::Null => Ok(T::default()),
        Value::Number(number) => number.to_string().parse().map_err(Error::custom),
        Value::String(text) => text.parse().map_err(Error::custom),
        other => Err(Error::custom(format!("{other} is no number"))),
    }
}

/// Bytes as hexadecimal digits, as OTLP wants ids in JSON; what is none is no id.
pub(super) fn hex_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    or_default::<D, String>(from).map(|text| hex(&text).unwrap_or_default())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    digits.chunks(2).map(|pair| u8::try_from(pair.iter().fold(0, |value, digit| value * 16 + digit)).ok()).collect()
}

fn text_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    or_default::<D, String>(from).map(String::into_bytes)
}
