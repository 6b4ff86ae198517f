//! Whether a browser sent a request from our own page. Pure.

use actix_web::http::header::{self, HeaderMap};

/// Where a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// On our own page.
    Own,
    /// On somebody else's.
    Other,
    /// Nobody says: no browser, or an old one.
    Unknown,
}

/// Tells by what browsers add and pages cannot.
pub(super) fn of(headers: &HeaderMap) -> Origin {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").map(|site| site == "same-origin");
    let host = text(header::HOST.as_str());
    let origin = headers.get(header::ORIGIN).map(|_| {
        let origin = text(header::ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, authority)| Some(authority) == host)
    });
    match (site, origin) {
        (Some(false), _) | (_, Some(false)) => Origin::Other,
        (None, None) => Origin::Unknown,
        _ => Origin::Own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], wanted: Origin) {
        let mut map = HeaderMap::new();
        for (name, value) in [("host", "localhost:8000")].iter().chain(headers) {
            map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        assert_eq!(of(&map), wanted, "{headers:?}");
    }

    #[test]
    fn only_what_every_sign_calls_ours_is_ours() {
        check(&[], Origin::Unknown);
        check(&[("sec-fetch-site", "same-origin")], Origin::Own);
        check(&[("origin", "http://localhost:8000")], Origin::Own);
        check(&[("origin", "http://localhost:8000"), ("sec-fetch-site", "same-origin")], Origin::Own);
        for site in ["same-site", "cross-site", "none", ""] {
            check(&[("origin", "http://localhost:8000"), ("sec-fetch-site", site)], Origin::Other);
        }
        for origin in ["null", "http://localhost", "http://localhost:8001", "http://evil.example", "", "localhost:8000"]
        {
            check(&[("origin", origin), ("sec-fetch-site", "same-origin")], Origin::Other);
            check(&[("origin", origin)], Origin::Other);
        }
    }
}
