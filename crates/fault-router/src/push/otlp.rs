//! OTLP log records as lines. A record's body is the line; its attributes, and those of its resource, are its fields.

use super::entries::Entries;
use super::error::PushError;
use super::message::{Export, KeyValue, LogRecord};
use crate::fields::{self, Fields, Value as Field};
use chrono::{DateTime, SecondsFormat};
use prost::Message;
use serde_json::Value;

/// The attribute of a resource that names the target, where the service's name does not.
const TARGET: &str = "kintsugi.target";
const SERVICE: &str = "service.name";

/// Reads a request in one of its encodings.
pub(super) fn decode(bytes: &[u8], protobuf: bool) -> Result<Export, PushError> {
    let malformed = |why: String| PushError::Malformed(format!("the body is no OTLP ExportLogsServiceRequest: {why}"));
    if protobuf {
        return Export::decode(bytes).map_err(|error| malformed(error.to_string()));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        malformed(format!("{error}; lines of JSON are sent with the content type application/x-ndjson"))
    })?;
    if value.get("resourceLogs").or_else(|| value.get("resource_logs")).is_none() && value != serde_json::json!({}) {
        return Err(malformed("`resourceLogs` is missing; lines of JSON are sent as application/x-ndjson".into()));
    }
    serde_json::from_value(value).map_err(|error| malformed(error.to_string()))
}

/// Adds all records.
pub(super) fn add(entries: &mut Entries<'_>, export: Export, default: Option<&str>) {
    for logs in &export.resource_logs {
        let resource: &[KeyValue] = logs.resource.as_ref().map_or(&[], |resource| &resource.attributes);
        let text =
            |name: &str| resource.iter().find(|a| a.key == name).and_then(|a| a.json().as_str().map(str::to_owned));
        let names = [text(TARGET), text(SERVICE), default.map(str::to_owned)];
        let target = entries.target_of(names.into_iter().flatten());
        for record in logs.scope_logs.iter().flat_map(|scope| &scope.log_records) {
            match &target {
                Ok(target) => add_record(entries, target, record, resource),
                Err(why) => {
                    let how =
                        format!("{why}: a resource names its target by {SERVICE} or {TARGET}, a request by ?target=");
                    entries.refuse(how, true);
                }
            }
        }
    }
}

fn add_record(entries: &mut Entries<'_>, target: &wire::TargetName, record: &LogRecord, resource: &[KeyValue]) {
    let body = record.body.as_ref().map_or(Value::Null, super::value::AnyValue::json);
    let line = match body {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let parsed = fields::parse(&line, false);
    let is_json = parsed.is_some();
    let mut fields = parsed.unwrap_or_default();
    for attribute in record.attributes.iter().chain(resource) {
        fields.take(&attribute.key, field(attribute.json()));
    }
    if !record.severity_text.is_empty() {
        fields.take("level", Field::Plain(record.severity_text.clone()));
    }
    let structured = is_json || fields.marker.is_some();
    let time = name_time(&mut fields, record);
    entries.add(target, line, fields, structured, time);
}

fn field(value: Value) -> Field {
    match value {
        Value::Null | Value::Bool(false) => Field::Nothing,
        Value::String(text) => Field::Plain(text),
        Value::Array(_) | Value::Object(_) => Field::Nested,
        plain => Field::Plain(plain.to_string()),
    }
}

/// Fills in time and trace; gives what tells the record from an equal one at another moment.
fn name_time(fields: &mut Fields, record: &LogRecord) -> Option<String> {
    let (trace, span) = (lower_hex(&record.trace_id), lower_hex(&record.span_id));
    if fields.traceparent.is_none() && trace.len() == 32 {
        fields.traceparent = (span.len() == 16).then(|| format!("00-{trace}-{span}-01"));
        fields.trace_id.get_or_insert_with(|| trace.clone());
    }
    let nanos = if record.time_unix_nano > 0 { record.time_unix_nano } else { record.observed_time_unix_nano };
    if let (None, Ok(known @ 1..)) = (&fields.ts, i64::try_from(nanos)) {
        fields.ts = Some(DateTime::from_timestamp_nanos(known).to_rfc3339_opts(SecondsFormat::Nanos, true));
    }
    fields.ts.as_ref().map(|ts| format!("{ts} {trace} {span}"))
}

fn lower_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
