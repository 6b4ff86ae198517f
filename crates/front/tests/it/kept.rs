//! What is kept, and for how long it is of use.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};
use front::kept::{Good, Kept, MAX_ANSWERS, MAX_BODY, MAX_BYTES, is_everybodys, worth_keeping};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn good(seconds: i64, length: usize) -> Good {
    Good { at: at(seconds), headers: vec![], body: vec![b'x'; length].into() }
}

fn asked(path: &str) -> (String, String) {
    ("tiny".to_owned(), path.to_owned())
}

#[test]
fn an_answer_is_found_until_it_is_too_old_and_only_for_its_own_question() {
    let kept = Kept::default();
    kept.keep(asked("/a?x=1"), good(100, 1));
    assert!(kept.find(&asked("/a?x=1"), 10, at(110)).is_some());
    assert!(kept.find(&asked("/a?x=1"), 10, at(111)).is_none());
    assert!(kept.find(&asked("/a?x=2"), 10, at(110)).is_none());
    assert!(kept.find(&("other".to_owned(), "/a?x=1".to_owned()), 10, at(110)).is_none());
}

#[test]
fn number_and_size_are_bounded_and_the_oldest_goes_first() {
    let kept = Kept::default();
    kept.keep(asked("/large"), good(0, MAX_BODY + 1));
    assert!(kept.find(&asked("/large"), 10, at(0)).is_none());
    let count = i64::try_from(MAX_ANSWERS).expect("a number");
    (0..=count).for_each(|n| kept.keep(asked(&format!("/{n}")), good(n, 1)));
    assert!(kept.find(&asked("/0"), 99_999, at(count)).is_none());
    assert!(kept.find(&asked("/1"), 99_999, at(count)).is_some());
    let fits = i64::try_from(MAX_BYTES / MAX_BODY).expect("a number");
    (0..fits).for_each(|n| kept.keep(asked(&format!("/big/{n}")), good(10_000 + n, MAX_BODY)));
    assert!(kept.find(&asked("/1"), 99_999, at(10_000)).is_none(), "it made room");
    assert!(kept.find(&asked("/big/0"), 99_999, at(10_000)).is_some());
}

#[test]
fn what_is_somebodys_own_is_neither_kept_nor_answered() {
    let request = |name: &'static str| -> HeaderMap {
        [(HeaderName::from_static(name), HeaderValue::from_static("x"))].into_iter().collect()
    };
    assert!(is_everybodys(&request("accept")));
    for name in ["authorization", "cookie", "range", "x-api-key"] {
        assert!(!is_everybodys(&request(name)), "{name}");
    }
}

#[track_caller]
fn check(status: u16, headers: &[(&'static str, &'static str)], wanted: Option<usize>) {
    let headers = headers.iter().map(|(name, value)| {
        let value = hyper::header::HeaderValue::from_static(value);
        (hyper::header::HeaderName::from_static(name), value)
    });
    assert_eq!(worth_keeping(status, &headers.collect()).map(|kept| kept.len()), wanted);
}

#[test]
fn only_good_answers_that_do_not_forbid_it_are_worth_keeping() {
    check(200, &[], Some(0));
    check(200, &[("content-type", "text/plain"), ("etag", "\"1\""), ("x-other", "1")], Some(2));
    check(200, &[("cache-control", "max-age=5, public")], Some(0));
    check(201, &[], None);
    check(500, &[], None);
    check(200, &[("set-cookie", "a=1")], None);
    check(200, &[("vary", "accept")], None);
    check(200, &[("cache-control", "public, No-Store")], None);
    check(200, &[("cache-control", "private=\"x\"")], None);
}
