//! What is kept, and for how long it is of use.

use chrono::{DateTime, Utc};
use front::kept::{Good, Kept, MAX_ANSWERS, MAX_BODY, MAX_BYTES, Question};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn good(seconds: i64, length: usize) -> Good {
    Good { at: at(seconds), headers: vec![], varies: Default::default(), body: vec![b'x'; length].into() }
}

fn asked(path: &str) -> Question {
    Question { target: "tiny".into(), host: "a.example".into(), path: path.into(), accepts: Default::default() }
}

#[test]
fn an_answer_is_found_until_it_is_too_old_and_only_for_its_own_question() {
    let kept = Kept::default();
    kept.keep(&asked("/a?x=1"), good(100, 1));
    assert!(kept.find(&asked("/a?x=1"), 10, at(110)).is_some());
    assert!(kept.find(&asked("/a?x=1"), 10, at(111)).is_none());
    assert!(kept.find(&asked("/a?x=2"), 10, at(110)).is_none());
    assert!(kept.find(&Question { target: "other".into(), ..asked("/a?x=1") }, 10, at(110)).is_none());
    assert!(kept.find(&Question { host: "b.example".into(), ..asked("/a?x=1") }, 10, at(110)).is_none());
}

#[test]
fn number_and_size_are_bounded_and_the_oldest_goes_first() {
    let kept = Kept::default();
    kept.keep(&asked("/large"), good(0, MAX_BODY + 1));
    assert!(kept.find(&asked("/large"), 10, at(0)).is_none());
    let count = i64::try_from(MAX_ANSWERS).expect("a number");
    (0..=count).for_each(|n| kept.keep(&asked(&format!("/{n}")), good(n, 1)));
    assert!(kept.find(&asked("/0"), 99_999, at(count)).is_none());
    assert!(kept.find(&asked("/1"), 99_999, at(count)).is_some());
    let fits = i64::try_from(MAX_BYTES / MAX_BODY).expect("a number");
    (0..fits).for_each(|n| kept.keep(&asked(&format!("/big/{n}")), good(10_000 + n, MAX_BODY)));
    assert!(kept.find(&asked("/1"), 99_999, at(10_000)).is_none(), "it made room");
    assert!(kept.find(&asked("/big/0"), 99_999, at(10_000)).is_some());
}

#[test]
fn an_answer_that_varies_is_for_those_who_take_the_same_and_one_that_does_not_is_everybodys() {
    let kept = Kept::default();
    let taking = |what: &str| Question { accepts: ["*/*".into(), what.into(), String::new()], ..asked("/a") };
    let encoded = |seconds, what: &str| Good { varies: [None, Some(what.to_owned()), None], ..good(seconds, 1) };
    kept.keep(&taking("gzip"), encoded(1, "gzip"));
    kept.keep(&taking(""), encoded(2, ""));
    let found = |what: &str| kept.find(&taking(what), 10, at(5)).map(|good| good.at);
    assert_eq!((found("gzip"), found(""), found("br")), (Some(at(1)), Some(at(2)), None));
    kept.keep(&taking("br"), good(3, 1));
    assert_eq!(
        (found("gzip"), found(""), found("br")),
        (Some(at(3)), Some(at(3)), Some(at(3))),
        "the newest that fits"
    );
}
