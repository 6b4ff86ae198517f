//! Which good answers are worth keeping: those that are everybody's, and whole with all that belongs to them. Pure.

use crate::headers::incoming;
use crate::kept::{Question, VARIANTS as COUNT};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers of an answer.
pub type Headers = Vec<(HeaderName, HeaderValue)>;

/// By these headers of the request an answer may vary.
pub const VARIANTS: [&str; COUNT] = ["accept", "accept-encoding", "accept-language"];
/// The headers of a request that say nothing of who asks, and belong to no body. With any other one it is not everybody's.
const PLAIN: [&str; 24] = [
    "cache-control",
    "connection",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "pragma",
    "priority",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "traceparent",
    "tracestate",
    "upgrade-insecure-requests",
    "user-agent",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];
/// The words of `cache-control` that forbid a shared cache to answer with it later.
const FORBIDDING: [&str; 6] = ["no-store", "private", "no-cache", "must-revalidate", "proxy-revalidate", "s-maxage"];
/// With one of these an answer is one caller's, or a part.
const NOT_KEPT: [&str; 5] = ["set-cookie", "content-range", "clear-site-data", "www-authenticate", "refresh"];
/// What belongs to the one answer, not to what it says.
const MOMENTARY: [&str; 10] = [
    "age",
    "cache-control",
    "content-length",
    "date",
    "expires",
    "server-timing",
    "traceparent",
    "tracestate",
    "warning",
    wire::paths::REQUEST_ID_HEADER,
];
/// The longest head that is kept, bytes.
const MAX_HEAD: usize = 8 << 10;

/// Under what the answer to a GET or HEAD is kept; none where it may be one caller's alone, or has a body.
pub fn question(target: &str, path: &str, request: &HeaderMap) -> Option<Question> {
    let is_plain =
        |name: &str| PLAIN.contains(&name) || VARIANTS.contains(&name) || name == wire::paths::REQUEST_ID_HEADER;
    if !request.keys().all(|name| is_plain(name.as_str())) {
        return None;
    }
    let all = |name: &str| {
        let values: Option<Vec<&str>> = request.get_all(name).map(|value| value.to_str().ok()).collect();
        values.map(|values| values.join(", "))
    };
    if all("cache-control")?.to_ascii_lowercase().contains("no-store") {
        return None;
    }
    let [accept, encoding, language] = VARIANTS.map(all);
    let (target, path) = (target.to_owned(), path.to_owned());
    Some(Question { target, host: all("host")?.to_ascii_lowercase(), path, accepts: [accept?, encoding?, language?] })
}

/// What is kept of an answer's head, and by which of [`VARIANTS`] it varies; none when it is not to be kept.
pub fn worth_keeping(status: u16, answer: &hyper::HeaderMap) -> Option<(Headers, [bool; COUNT])> {
    // One that ends with its connection may have been torn.
    let has_end = answer.contains_key("content-length")
        || words(answer, "transfer-encoding")?.iter().any(|word| word == "chunked");
    let is_forbidden =
        words(answer, "cache-control")?.iter().any(|word| FORBIDDING.iter().any(|no| word.starts_with(no)))
            || words(answer, "pragma")?.iter().any(|word| word == "no-cache")
            || NOT_KEPT.iter().any(|name| answer.contains_key(*name));
    let by = words(answer, "vary")?;
    if status != 200 || !has_end || is_forbidden || !by.iter().all(|name| VARIANTS.contains(&name.as_str())) {
        return None;
    }
    // What is encoded is for who takes that, whether or not it says so.
    let is_encoded = answer.contains_key("content-encoding");
    let varies = VARIANTS.map(|name| by.iter().any(|by| by == name) || (is_encoded && name == "accept-encoding"));
    let head = incoming(answer).into_iter().filter(|(name, _)| !MOMENTARY.contains(&name.as_str())).collect::<Vec<_>>();
    let size: usize = head.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    (size <= MAX_HEAD).then_some((head, varies))
}

/// The words of a list, lower-cased; none where it is no text.
fn words(headers: &hyper::HeaderMap, name: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for value in headers.get_all(name) {
        words.extend(value.to_str().ok()?.split(',').map(|word| word.trim().to_ascii_lowercase()));
    }
    words.retain(|word| !word.is_empty());
    Some(words)
}
