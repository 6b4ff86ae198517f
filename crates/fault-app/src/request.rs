//! What a request says of itself: its id, its trace, and whether it is a replay.

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage, HttpRequest};
use std::convert::Infallible;
use std::future::{Ready, ready};
use uuid::Uuid;

/// The header of a replay: its value is the replay's id.
pub(crate) const REPLAY: &str = "x-kintsugi-replay";
/// The header of the request id, in both directions.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The caller's id of the request, or a fresh one.
    pub(crate) request_id: String,
    /// The W3C trace context: the caller's, or a fresh one.
    pub(crate) traceparent: String,
    /// The replay's id, if it is one; an error if the header is no such id.
    pub(crate) replay: Result<Option<String>, BadReplayId>,
}

/// The replay header holds something else than an id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BadReplayId;

impl Caller {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        Self {
            request_id: header(REQUEST_ID).filter(|id| is_id(id, 64)).map_or_else(fresh, str::to_owned),
            traceparent: header("traceparent")
                .filter(|text| is_traceparent(text))
                .map_or_else(|| format!("00-{}-{:.16}-01", fresh(), fresh()), str::to_owned),
            replay: match header(REPLAY) {
                None => Ok(None),
                Some(id) if is_id(id, 48) => Ok(Some(id.to_owned())),
                Some(_) => Err(BadReplayId),
            },
        }
    }

    /// The replay's id, if it is one.
    pub(crate) fn replay_id(&self) -> Option<&str> {
        self.replay.as_ref().ok()?.as_deref()
    }

    /// The trace that the request belongs to.
    pub(crate) fn trace_id(&self) -> &str {
        self.traceparent.split('-').nth(1).unwrap_or_default()
    }
}

impl actix_web::FromRequest for Caller {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(Ok(known.unwrap_or_else(|| Self::of(request.headers()))))
    }
}

/// A fresh random id.
pub(crate) fn fresh() -> String {
    Uuid::new_v4().simple().to_string()
}

fn is_id(text: &str, max: usize) -> bool {
    text.len() <= max
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, ids not all zero, as the W3C recommendation has it.
fn is_traceparent(text: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags] = parts.as_slice() else { return false };
    *version == "00"
        && [(trace, 32), (span, 16), (flags, 2)].iter().all(|(part, length)| part.len() == *length && is_hex(part))
        && [trace, span].iter().all(|id| id.bytes().any(|byte| byte != b'0'))
}
