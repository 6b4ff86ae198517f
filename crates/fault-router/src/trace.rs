//! W3C trace contexts, as far as a line's word for one can be believed. Pure.

use crate::fields::Fields;

/// The line's trace context; of a bare trace id, a context whose parent is made from the id itself.
pub(crate) fn parent(fields: &Fields) -> Option<String> {
    let own = fields.traceparent.clone().filter(|text| is_trace_parent(text));
    let from_id = || {
        let id = fields.trace_id.as_deref().filter(|id| is_trace_id(id))?;
        let parent = id.get(..16).filter(|half| half.bytes().any(|b| b != b'0')).unwrap_or("0000000000000001");
        Some(format!("00-{id}-{parent}-01"))
    };
    own.or_else(from_id)
}

/// The id of the line's trace.
pub(crate) fn id(fields: &Fields) -> Option<&str> {
    let trace = fields.traceparent.as_deref().and_then(|t| t.split('-').nth(1));
    trace.or(fields.trace_id.as_deref()).filter(|t| is_trace_id(t))
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
