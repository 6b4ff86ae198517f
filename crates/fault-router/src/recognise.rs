//! From a line to a detection. Pure: the same line at the same place always gives the same `event_id`.

use crate::errors::Errors;
use crate::fields::{self, Fields};
use crate::level;
use crate::moment;
use crate::rules::{Rules, without_return};
use crate::trace;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::detection::{Detection, MAX_FIELD, MAX_LINE, MAX_MESSAGE, Source};
use wire::target::FaultRule;
use wire::{Digest, EventId, FaultCode, TargetName, redact};

/// Bound of a short field, bytes.
const MAX_SHORT: usize = 256;

/// A line that marks a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) code: FaultCode,
    /// The rule's words for the fault.
    pub(crate) title: String,
    pub(crate) fields: Fields,
}

/// Where a line stands: enough to name it if it does not name itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) target: &'a TargetName,
    pub(crate) name: Name<'a>,
    pub(crate) line: &'a [u8],
}

/// What makes a line another than an equal one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name<'a> {
    /// Its place in one life of a file, or in one reading of a stream.
    Place { life: Uuid, offset: u64 },
    /// Its own time: whoever brings the line, and however often, it is the same.
    Time(&'a str),
    /// Its place in what somebody sent once.
    Sent { key: &'a str, index: u64 },
}

/// What a target's lines are judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge<'j> {
    pub(crate) rules: &'j Rules,
    /// Where errors are watched that no rule names.
    pub(crate) errors: Option<&'j Errors>,
    pub(crate) now: DateTime<Utc>,
}

impl Judge<'_> {
    /// Judges a line as it stands. `cut` says that only its beginning is given.
    pub(crate) fn line(&self, line: &[u8], cut: bool) -> Vec<Found> {
        let line = without_return(line);
        match fields::parse(&String::from_utf8_lossy(line), cut) {
            Some(fields) => self.fields(line, fields, true),
            None => self.fields(line, Fields::default(), false),
        }
    }

    /// Judges a line whose fields are known: the fault that it marks, and what it tells of errors that nobody marks.
    pub(crate) fn fields(&self, line: &[u8], fields: Fields, structured: bool) -> Vec<Found> {
        if fields.replay {
            return Vec::new();
        }
        let rule = rule_of(self.rules, line, &fields, structured);
        let Some(errors) = self.errors else { return rule.map(|rule| Found::of(rule, fields)).into_iter().collect() };
        let level = || level::of_members(|name| fields.rest.get(name).map(String::as_str));
        if rule.is_none() && !level().unwrap_or_else(|| self.rules.is_error(line)) {
            return Vec::new();
        }
        let news = errors.see(line, &fields, rule.is_some(), self.now);
        rule.map(|rule| Found::of(rule, fields)).into_iter().chain(news).collect()
    }
}

/// The rule of a line. Where its fields are the line's structure, a marker counts in its field only: what stands elsewhere
/// may be somebody's input.
fn rule_of<'r>(rules: &'r Rules, line: &[u8], fields: &Fields, structured: bool) -> Option<&'r FaultRule> {
    let marked = match &fields.marker {
        Some(marker) if structured => rules.by_marker(marker),
        None if structured => None,
        _ => rules.by_token(line),
    };
    marked.or_else(|| rules.by_pattern(line))
}

impl Found {
    fn of(rule: &FaultRule, fields: Fields) -> Self {
        Self { code: rule.code.clone(), title: rule.title.clone(), fields }
    }

    /// What ties other lines to this one: the request's id and the trace's.
    pub(crate) fn ties(&self) -> Vec<String> {
        let request = self.fields.request_id.as_deref();
        let trace = trace::id(&self.fields);
        request.into_iter().chain(trace).filter(|tie| tie.len() >= 4).map(str::to_owned).collect()
    }

    /// The name that the line gives itself, if it is one.
    pub(crate) fn own_id(&self) -> Option<EventId> {
        self.fields.event_id.as_deref().and_then(|id| id.parse().ok())
    }

    /// The detection, without secrets. `now` stands in for a time that the line does not tell, or not credibly.
    pub(crate) fn detection(self, origin: Origin<'_>, context: Vec<String>, now: DateTime<Utc>) -> Detection {
        let event_id = self.own_id().unwrap_or_else(|| named(origin, &self.code));
        let trace_parent = trace::parent(&self.fields);
        let Found { code, title, fields } = self;
        let line = String::from_utf8_lossy(origin.line);
        let spoken = fields.message.as_deref().or(Some(title.as_str()).filter(|title| !title.is_empty()));
        let ts = fields.ts.or_else(|| moment::leading(&line));
        let short = |text: Option<String>| text.map(|text| safe(&text, MAX_SHORT));
        Detection {
            target: origin.target.clone(),
            code,
            event_id,
            source: Source::Router,
            at: moment::credible(ts.as_deref(), now),
            message: safe(spoken.unwrap_or(&line), MAX_MESSAGE),
            reason: short(fields.reason),
            line: Some(safe(&line, MAX_LINE)),
            context,
            trace_parent,
            request_id: short(fields.request_id),
            version: short(fields.version),
            service: short(fields.service),
            fields: without_secrets(fields.rest),
        }
    }
}

/// The other fields, each judged with its name: `password` makes a secret of any value.
fn without_secrets(fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let safe_value = |name: &str, value: &str| {
        let (key, member) = (json(name), format!("{}:{}", json(name), json(value)));
        let member = redact(&member);
        let value = member.strip_prefix(&key).and_then(|rest| rest.strip_prefix(':'));
        value.and_then(|value| serde_json::from_str(value).ok()).unwrap_or_else(|| "[redacted]".to_owned())
    };
    let safe_field =
        |(name, value): (String, String)| (safe(&name, MAX_FIELD), bounded(&safe_value(&name, &value), MAX_FIELD));
    fields.into_iter().map(safe_field).collect()
}

fn named(origin: Origin<'_>, code: &FaultCode) -> EventId {
    let (target, code) = (origin.target.as_str().as_bytes(), code.as_str().as_bytes());
    let digest = match origin.name {
        Name::Place { life, offset } => {
            Digest::of_parts([target, life.as_bytes(), &offset.to_le_bytes(), code, origin.line])
        }
        Name::Time(time) => Digest::of_parts([target, b"time", time.as_bytes(), code, origin.line]),
        Name::Sent { key, index } => {
            Digest::of_parts([target, b"sent", key.as_bytes(), &index.to_le_bytes(), code, origin.line])
        }
    };
    // 64 hexadecimal digits always are an event id; a fresh one would only cost the protection against repeats.
    digest.as_str().parse().unwrap_or_else(|_| EventId::fresh())
}

/// Without secrets, and bounded after that: a secret that was cut would not be known any more.
pub(crate) fn safe(text: &str, max: usize) -> String {
    bounded(&redact(text), max)
}

/// At most `max` bytes, cut between characters. NUL is replaced: PostgreSQL has no place for it.
pub(crate) fn bounded(text: &str, max: usize) -> String {
    let mut text = text.replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(max));
    text
}

#[cfg(test)]
mod tests;
