//! Which headers go through, and which are set. Pure.

use actix_web::http::header as actix;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use std::net::IpAddr;

/// Headers of one connection, never passed on. `expect` was answered by this server already.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What the front says and is asked: neither does an application see it, nor does its own pass for the front's.
const OWN: [&str; 3] = [wire::paths::WHO_HEADER, wire::paths::ANSWERED_HEADER, wire::relief::RELIEF_HEADER];

/// What the front says of a request.
#[derive(Debug)]
pub struct About<'a> {
    /// The caller's address.
    pub peer: Option<IpAddr>,
    /// `host:port` of the upstream, for a caller that names no host.
    pub authority: &'a str,
    /// The front's own span.
    pub trace_parent: &'a str,
    /// The request's id.
    pub request_id: Option<&'a str>,
}

/// The headers of a request on its way to the upstream.
pub fn outgoing(from: &actix::HeaderMap, about: &About<'_>) -> HeaderMap {
    let named = named_by_connection(from.get_all(actix::CONNECTION).filter_map(|value| value.to_str().ok()));
    let mut to = HeaderMap::with_capacity(from.len() + 6);
    for (name, value) in from {
        if passes(name.as_str(), &named) {
            append(&mut to, name.as_str(), value.as_bytes());
        }
    }
    if !to.contains_key("host") {
        set(&mut to, "host", about.authority);
    }
    let host = to.get("host").cloned();
    host.map(|host| to.insert("x-forwarded-host", host));
    set(&mut to, "x-forwarded-proto", "http");
    if let Some(peer) = about.peer {
        let before: Vec<&str> = to.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        let chain = before.into_iter().map(str::to_owned).chain([peer.to_string()]).collect::<Vec<_>>().join(", ");
        set(&mut to, "x-forwarded-for", &chain);
    }
    set(&mut to, "traceparent", about.trace_parent);
    if let Some(id) = about.request_id {
        set(&mut to, wire::paths::REQUEST_ID_HEADER, id);
    }
    // The connection is for this request alone; so the upstream's own stop waits for no idle one.
    set(&mut to, "connection", "close");
    to
}

/// The headers of an answer on its way to the caller.
pub fn incoming(from: &HeaderMap) -> Vec<(actix::HeaderName, actix::HeaderValue)> {
    let named = named_by_connection(from.get_all("connection").iter().filter_map(|value| value.to_str().ok()));
    let passing = from.iter().filter(|(name, _)| passes(name.as_str(), &named));
    let converted = passing.filter_map(|(name, value)| {
        let name = actix::HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        Some((name, actix::HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    converted.collect()
}

/// The trace context that the upstream sees: the front's own span; without one the caller's, else a new one, so that the
/// answer to one request can always be followed.
pub fn trace_parent(own: Option<String>, callers: Option<&str>) -> String {
    own.or_else(|| callers.filter(|text| is_trace_parent(text)).map(str::to_owned)).unwrap_or_else(|| {
        let (trace, span) = (uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().as_u64_pair().1);
        format!("00-{trace}-{span:016x}-01")
    })
}

fn is_trace_parent(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        ["00", trace, span, flags] => {
            hex(trace, 32)
                && hex(span, 16)
                && hex(flags, 2)
                && trace.bytes().any(|b| b != b'0')
                && span.bytes().any(|b| b != b'0')
        }
        _ => false,
    }
}

fn named_by_connection<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn passes(name: &str, named_by_connection: &[String]) -> bool {
    !HOP_BY_HOP.contains(&name) && !OWN.contains(&name) && !named_by_connection.iter().any(|named| named == name)
}

fn append(to: &mut HeaderMap, name: &str, value: &[u8]) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
        to.append(name, value);
    }
}

fn set(to: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        to.insert(HeaderName::from_static(name), value);
    }
}
