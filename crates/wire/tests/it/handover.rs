//! Hand-overs: which calls are taken, and what a target file says of them.

use crate::target::{MINIMAL, refuses};
use serde_json::json;
use wire::handover::{Call, HEADERS, HandOver, IdempotencyKey, MAX_BODY, MAX_PATH, SECRET_HEADERS};
use wire::target::Target;

const HANDOVER: &str = "\n[handover]\nbase_url = \"http://127.0.0.1:8000\"\npaths = [\"/orders\", \"/greet/\"]\n";

fn call(method: &str, path: &str) -> Call {
    Call { method: method.into(), path: path.into(), headers: Default::default(), body: String::new() }
}

fn handed(call: Call) -> HandOver {
    let rest = json!({"target": "tiny", "idempotency_key": "k", "call": {"method": "GET", "path": "/"},
        "failure": {"status": 500, "at": "2026-11-22T10:00:00Z"}});
    HandOver { call, ..serde_json::from_value(rest).unwrap() }
}

#[track_caller]
fn is_refused(call: Call, part_of_why: &str) {
    let why = handed(call.clone()).check().expect_err("it is refused");
    assert!(why.contains(part_of_why), "{call:?}: {why:?} should say {part_of_why:?}");
}

#[test]
fn a_path_names_a_route_and_nothing_else() {
    for path in ["/", "/orders", "/orders/7?a=b&c=%20/../x", "/a%20b/.well-known", "/developers", "/-x"] {
        assert_eq!(handed(call("GET", path)).check(), Ok(()), "{path}");
    }
    let bad = ["", "orders", "//elsewhere/x", "/a//b", "/a/../b", "/a/%2E%2e/b", "/./a", "/a%2fb", "/a%5Cb", "/a\\b"];
    let worse = ["/a b", "/a\tb", "/a#b", "/ü", "/-/routes", "/-", "/developer/incidents", "/Developer/session"];
    for path in bad.into_iter().chain(worse) {
        assert!(handed(call("GET", path)).check().is_err(), "{path:?} is taken");
    }
    is_refused(call("GET", &format!("/{}", "x".repeat(MAX_PATH))), "at most");
    is_refused(call("get", "/"), "one of GET");
}

#[test]
fn only_a_few_headers_are_taken_and_no_secret() {
    let with = |name: &str, value: &str| Call {
        headers: [(name.to_owned(), value.to_owned())].into(),
        ..call("GET", "/orders")
    };
    for name in HEADERS {
        assert_eq!(handed(with(name, "text/plain")).check(), Ok(()), "{name}");
    }
    for name in SECRET_HEADERS {
        is_refused(with(name, "x"), "holds a secret");
    }
    is_refused(with("Cookie", "x"), "holds a secret");
    is_refused(with("host", "elsewhere"), "only accept");
    is_refused(with("Accept", "x"), "lower case");
    is_refused(with("prefer", "Bearer 0123456789abcdef0123456789"), "looks like a secret");
    is_refused(Call { body: "x".repeat(MAX_BODY + 1), ..call("POST", "/") }, "at most");
    is_refused(Call { body: "\0".into(), ..call("POST", "/") }, "NUL");
}

#[test]
fn a_path_with_a_secret_is_refused_and_the_refusal_does_not_tell_it() {
    for path in
        ["/orders?token=hunter2hunter2", "/orders/7?all=1&password=hunter2hunter2", "/orders?api_key=hunter2hunter2"]
    {
        is_refused(call("GET", path), "held a secret");
        assert!(!handed(call("GET", path)).check().unwrap_err().contains("hunter2"), "{path}");
    }
}

#[test]
fn a_call_that_is_printed_tells_neither_its_body_nor_its_headers_values() {
    let mut one = call("POST", "/orders?token=hunter2hunter2");
    one.body = "the-body".into();
    one.headers.insert("prefer".into(), "the-value".into());
    let text = format!("{one:?} {}", one.shown());
    assert!(!["hunter2", "the-body", "the-value"].iter().any(|secret| text.contains(secret)), "{text}");
}

#[test]
fn what_changes_something_is_only_repeated_when_its_caller_says_so() {
    assert!(handed(call("GET", "/")).may_repeat() && handed(call("HEAD", "/")).may_repeat());
    assert!(!handed(call("POST", "/")).may_repeat());
    assert!(HandOver { repeatable: true, ..handed(call("DELETE", "/")) }.may_repeat());
    assert!("a:b.c_d-1".parse::<IdempotencyKey>().is_ok() && "a b".parse::<IdempotencyKey>().is_err());
}

#[test]
fn a_target_takes_what_its_file_says() {
    assert!(Target::parse(MINIMAL).unwrap().handover.is_none());
    let target = Target::parse(&format!("{MINIMAL}{HANDOVER}")).unwrap();
    let handing = target.handover.as_ref().unwrap();
    assert_eq!((handing.methods.join(" "), handing.timeout_ms), ("GET HEAD".to_owned(), 10_000));
    for path in ["/orders", "/orders?x=/y", "/orders/7", "/greet", "/greet/you"] {
        assert_eq!(handing.takes(&call("GET", path)), Ok(()), "{path}");
    }
    assert!(handing.takes(&call("GET", "/ordersx")).unwrap_err().contains("`paths`"));
    assert!(handing.takes(&call("POST", "/orders")).unwrap_err().contains("`methods`"));
    let everything = HANDOVER.replace("\"/orders\", \"/greet/\"", "\"/\"");
    let target = Target::parse(&format!("{MINIMAL}{everything}")).unwrap();
    assert_eq!(target.handover.unwrap().takes(&call("GET", "/x/y")), Ok(()));
}

#[test]
fn a_failed_call_that_no_fault_explains_may_be_an_incident_of_its_own_kind() {
    let own = "UNKNOWN_0123ABCD".parse().unwrap();
    assert_eq!(Target::parse(MINIMAL).unwrap().severity(&own), None);
    let target = Target::parse(&format!("{MINIMAL}{HANDOVER}severity = \"high\"\n")).unwrap();
    assert_eq!(target.severity(&own), Some(wire::incident::Severity::High));
}

#[test]
fn each_mistake_in_the_section_is_said() {
    for (from, to, part) in [
        ("http://127.0.0.1:8000", "https://127.0.0.1", "http://host:port"),
        ("http://127.0.0.1:8000", "http://u:p@127.0.0.1", "without a path and a user"),
        ("http://127.0.0.1:8000", "http://127.0.0.1/x", "without a path"),
        ("\"/orders\", \"/greet/\"", "", "1 to 64 paths"),
        ("\"/orders\"", "\"orders\"", "begins with `/`"),
        ("\"/orders\"", "\"/o*\"", "plain path"),
        ("paths", "methods = [\"TRACE\"]\npaths", "there are GET"),
        ("paths", "timeout_ms = 90000\npaths", "from 100 to 60000"),
        ("paths", "path = 1\npaths", "path"),
    ] {
        refuses(&format!("{MINIMAL}{}", HANDOVER.replace(from, to)), part);
    }
}
