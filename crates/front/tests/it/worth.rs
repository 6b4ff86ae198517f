//! Whose answers are worth keeping.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use front::worth::{question, worth_keeping};

fn request(headers: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    headers.iter().map(pair).collect()
}

#[test]
fn only_a_request_that_says_nothing_of_who_asks_and_has_no_body_is_everybodys() {
    let asked =
        question("tiny", "/a?x=1", &request(&[("host", "A.example"), ("accept", "text/html"), ("user-agent", "x")]));
    let asked = asked.expect("everybody's");
    assert_eq!(
        (asked.host.as_str(), asked.path.as_str(), asked.accepts[0].as_str()),
        ("a.example", "/a?x=1", "text/html")
    );
    for name in [
        "authorization",
        "cookie",
        "range",
        "x-api-key",
        "x-auth-token",
        "x-amzn-oidc-data",
        "x-forwarded-user",
        "x-user-id",
        "origin",
        "content-length",
        "content-type",
        "transfer-encoding",
        wire::paths::REPLAY_HEADER,
    ] {
        assert_eq!(question("tiny", "/a", &request(&[(name, "1")])), None, "{name}");
    }
    assert_eq!(question("tiny", "/a", &request(&[("cache-control", "No-Store")])), None);
    assert!(question("tiny", "/a", &request(&[("cache-control", "no-cache"), ("if-none-match", "x")])).is_some());
}

fn kept(status: u16, headers: &[(&'static str, &'static str)]) -> Option<(Vec<String>, [bool; 3])> {
    let headers = headers.iter().chain(&[("content-length", "1")]).map(|(name, value)| {
        let value = hyper::header::HeaderValue::from_static(value);
        (hyper::header::HeaderName::from_static(name), value)
    });
    let (head, varies) = worth_keeping(status, &headers.collect())?;
    Some((head.into_iter().map(|(name, _)| name.to_string()).collect(), varies))
}

#[test]
fn only_good_answers_that_do_not_forbid_it_are_worth_keeping() {
    for wanted in [&[][..], &[("cache-control", "max-age=5, public")], &[("vary", "Accept, accept-language")]] {
        assert!(kept(200, wanted).is_some(), "{wanted:?}");
    }
    assert_eq!((kept(201, &[]), kept(206, &[]), kept(500, &[])), (None, None, None));
    for no in [
        ("set-cookie", "a=1"),
        ("vary", "*"),
        ("vary", "accept, cookie"),
        ("vary", "origin"),
        ("cache-control", "public, No-Store"),
        ("cache-control", "private=\"x\""),
        ("cache-control", "no-cache"),
        ("cache-control", "must-revalidate"),
        ("cache-control", "proxy-revalidate"),
        ("cache-control", "s-maxage=9"),
        ("pragma", "no-cache"),
        ("content-range", "bytes 0-0/9"),
    ] {
        assert_eq!(kept(200, &[no]), None, "{no:?}");
    }
}

#[test]
fn what_protects_or_explains_the_body_is_kept_with_it() {
    let names = [
        "content-type",
        "content-disposition",
        "content-security-policy",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "access-control-allow-origin",
        "x-other",
        "vary",
    ];
    let sent: Vec<_> =
        names.iter().map(|name| (*name, if *name == "vary" { "accept-language" } else { "x" })).collect();
    let moment = [("date", "x"), ("age", "1"), ("connection", "close"), ("x-kintsugi-relief", "stale")];
    let (mut got, varies) = kept(200, &[&sent[..], &moment].concat()).expect("kept");
    got.sort();
    let mut wanted = names.map(str::to_owned);
    wanted.sort();
    assert_eq!((got, varies), (wanted.to_vec(), [false, false, true]));
    let (_, varies) = kept(200, &[("content-encoding", "gzip")]).expect("kept");
    assert_eq!(varies, [false, true, false], "for those who take it");
}

#[test]
fn an_answer_whose_end_does_not_show_is_not_kept() {
    let headers =
        |name: &'static str, value| [(hyper::header::HeaderName::from_static(name), value)].into_iter().collect();
    let value = hyper::header::HeaderValue::from_static;
    assert!(worth_keeping(200, &headers("transfer-encoding", value("chunked"))).is_some());
    assert!(worth_keeping(200, &headers("content-type", value("text/plain"))).is_none());
}
