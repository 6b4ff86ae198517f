//! From a line to a detection. Pure: the same line at the same place always gives the same `event_id`.

use crate::fields::{self, Fields};
use crate::rules::Rules;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::Uuid;
use wire::detection::{Detection, MAX_LINE, MAX_MESSAGE, Source};
use wire::{Digest, EventId, FaultCode, TargetName};

/// Bound of a short field, bytes.
const MAX_SHORT: usize = 256;
/// How far a line's own time may lie ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(1);
/// How far it may lie back; a clock that was never set is further away than this.
const BACK: TimeDelta = TimeDelta::days(366);

/// A line that marks a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) code: FaultCode,
    pub(crate) fields: Fields,
}

/// Where a line stands: enough to name it if it does not name itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) target: &'a TargetName,
    /// The life of the file it stands in.
    pub(crate) life: Uuid,
    pub(crate) offset: u64,
    pub(crate) line: &'a [u8],
}

/// Judges a line that holds one of the literals. `cut` says that only the line's beginning is given.
pub(crate) fn recognise(rules: &Rules, line: &[u8], cut: bool) -> Option<Found> {
    let text = String::from_utf8_lossy(line);
    match fields::parse(&text, cut) {
        Some(fields) if fields.replay => None,
        Some(fields) => {
            let code = rules.by_marker(fields.marker.as_deref()?)?.clone();
            Some(Found { code, fields })
        }
        None => rules.by_token(line).map(|code| Found { code: code.clone(), fields: Fields::default() }),
    }
}

impl Found {
    /// What ties other lines to this one: the request's id and the trace's.
    pub(crate) fn ties(&self) -> Vec<String> {
        let trace = self.fields.traceparent.as_deref().and_then(|t| t.split('-').nth(1));
        let trace = trace.or(self.fields.trace_id.as_deref()).filter(|t| is_trace_id(t));
        let request = self.fields.request_id.as_deref();
        request.into_iter().chain(trace).filter(|tie| tie.len() >= 4).map(str::to_owned).collect()
    }

    /// The name that the line gives itself, if it is one.
    pub(crate) fn own_id(&self) -> Option<EventId> {
        self.fields.event_id.as_deref().and_then(|id| id.parse().ok())
    }

    /// The detection. `now` stands in for a time that the line does not tell, or not credibly.
    pub(crate) fn detection(self, origin: Origin<'_>, context: Vec<String>, now: DateTime<Utc>) -> Detection {
        let event_id = self.own_id().unwrap_or_else(|| named_by_place(origin, &self.code));
        let trace_parent = trace_parent(&self.fields);
        let Found { code, fields } = self;
        let line = String::from_utf8_lossy(origin.line);
        let short = |text: Option<String>| text.map(|text| bounded(&text, MAX_SHORT));
        Detection {
            target: origin.target.clone(),
            code,
            event_id,
            source: Source::Router,
            at: when(fields.ts.as_deref(), now),
            message: bounded(fields.message.as_deref().unwrap_or(&line), MAX_MESSAGE),
            reason: short(fields.reason),
            line: Some(bounded(&line, MAX_LINE)),
            context,
            trace_parent,
            request_id: short(fields.request_id),
            version: short(fields.version),
        }
    }
}

fn named_by_place(origin: Origin<'_>, code: &FaultCode) -> EventId {
    let digest = Digest::of_parts([
        origin.target.as_str().as_bytes(),
        origin.life.as_bytes(),
        &origin.offset.to_le_bytes(),
        code.as_str().as_bytes(),
        origin.line,
    ]);
    // 64 hexadecimal digits always are an event id; a fresh one would only cost the protection against repeats.
    digest.as_str().parse().unwrap_or_else(|_| EventId::fresh())
}

fn when(ts: Option<&str>, now: DateTime<Utc>) -> DateTime<Utc> {
    let told = ts.and_then(|ts| DateTime::parse_from_rfc3339(ts).ok()).map(|t| t.to_utc().trunc_subsecs(6));
    told.filter(|at| *at <= now + AHEAD && *at >= now - BACK).unwrap_or(now)
}

/// The line's trace context; of a bare trace id, a context whose parent is made from the id itself.
fn trace_parent(fields: &Fields) -> Option<String> {
    let own = fields.traceparent.clone().filter(|text| is_trace_parent(text));
    let from_id = || {
        let id = fields.trace_id.as_deref().filter(|id| is_trace_id(id))?;
        let parent = id.get(..16).filter(|half| half.bytes().any(|b| b != b'0')).unwrap_or("0000000000000001");
        Some(format!("00-{id}-{parent}-01"))
    };
    own.or_else(from_id)
}

fn is_lower_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_trace_id(text: &str) -> bool {
    is_lower_hex(text, 32) && text.bytes().any(|b| b != b'0')
}

fn is_trace_parent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags] = parts.as_slice() else { return false };
    *version == "00" && is_trace_id(trace) && is_lower_hex(parent, 16) && is_lower_hex(flags, 2)
}

/// At most `max` bytes, cut between characters. NUL is replaced: PostgreSQL has no place for it.
pub(crate) fn bounded(text: &str, max: usize) -> String {
    let mut text = text.replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(max));
    text
}

#[cfg(test)]
mod tests;
