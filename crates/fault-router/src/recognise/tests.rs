use super::*;
use crate::rules::tests::rule;

const NOW: &str = "2026-11-22T10:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn rules() -> Rules {
    let mut pattern = rule("CODE_CRASH", "", Some(r"crashed with code \d+$"));
    pattern.title = "It crashed".into();
    Rules::new(&[rule("CODE_BOOM", "BOOM", None), rule("CODE_BANG", "BANG", None), pattern]).unwrap()
}

fn judge(rules: &Rules) -> Judge<'_> {
    Judge { rules, errors: None, now: now() }
}

fn detect(line: &[u8]) -> Option<Detection> {
    let target = "tiny".parse().unwrap();
    let origin = Origin { target: &target, name: Name::Place { life: Uuid::nil(), offset: 7 }, line };
    judge(&rules()).line(line, false).pop().map(|found| found.detection(origin, vec!["before".into()], now()))
}

#[track_caller]
fn check(line: &str, expected: Option<&str>) {
    let got = detect(line.as_bytes()).map(|d| d.code.to_string());
    assert_eq!(got.as_deref(), expected, "{line}");
}

#[test]
fn a_json_line_counts_by_its_marker_alone_and_text_by_a_token() {
    check(r#"{"marker":"BOOM"}"#, Some("CODE_BOOM"));
    check(r#"{"marker":"BANG","message":"not BOOM"}"#, Some("CODE_BANG"));
    check(r#"{"message":"somebody said BOOM"}"#, None);
    check(r#"{"marker":"BOOMX","message":"BOOM"}"#, None);
    check(r#"{"marker":["BOOM"]}"#, None);
    check(r#"{"nested":{"marker":"BOOM"}}"#, None);
    check(r#"{"marker":"BOOM","replay":"kr-1"}"#, None);
    check(r#"{"marker":"BOOM","replay":""}"#, Some("CODE_BOOM"));
    check("2026 ERROR BOOM it broke", Some("CODE_BOOM"));
    check("BOOMERANG", None);
}

#[test]
fn a_pattern_counts_on_the_line_as_it_stands_and_a_marker_before_it() {
    check("worker crashed with code 7", Some("CODE_CRASH"));
    check("worker crashed with code 7\r", Some("CODE_CRASH"));
    check("worker crashed with code 7 again", None);
    check("BANG crashed with code 7", Some("CODE_BANG"));
    check(r#"{"message":"crashed with code 7"}"#, None);
    check(r#"{"replay":"kr-1"} crashed with code 7"#, Some("CODE_CRASH"));
    assert_eq!(detect(b"worker crashed with code 7").unwrap().message, "It crashed");
}

#[test]
fn a_detection_holds_no_secret() {
    let line = r#"{"marker":"BOOM","message":"for ann@example.org","reason":"password=abc1","service":"api","user_password":"two words","url":"postgres://a:abc1@db/x","level":"error"}"#;
    let detection = detect(line.as_bytes()).unwrap();
    let text = serde_json::to_string(&detection).unwrap();
    for secret in ["ann@", "abc1", "two words"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let fields: Vec<_> = detection.fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(fields, ["level=error", "url=postgres://a:[redacted]@db/x", "user_password=[redacted]"]);
    assert_eq!(detection.service.as_deref(), Some("api"));
}

#[test]
fn a_line_with_a_time_has_the_same_name_whoever_brings_it() {
    let target = "tiny".parse().unwrap();
    let name = |name: Name<'_>, line: &str| {
        let origin = Origin { target: &target, name, line: line.as_bytes() };
        judge(&rules()).line(line.as_bytes(), false).pop().unwrap().detection(origin, vec![], now()).event_id
    };
    let first = name(Name::Time("1"), "BOOM");
    assert_eq!(first, name(Name::Time("1"), "BOOM"));
    let sent = |index| Name::Sent { key: "k", index };
    let others =
        [name(Name::Time("2"), "BOOM"), name(Name::Time("1"), "BOOM!"), name(sent(0), "BOOM"), name(sent(1), "BOOM")];
    for (i, other) in others.iter().enumerate() {
        assert!(*other != first && !others[i + 1..].contains(other), "{i}");
    }
}

#[test]
fn the_fields_of_the_line_become_the_detection() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let line = format!(
        r#"{{"ts":"2026-11-22T09:59:59.1234567+00:00","marker":"BOOM","event_id":"e-1","message":"it broke",
            "reason":"sql","traceparent":"{parent}","request_id":"req-1","version":"v7"}}"#
    );
    let detection = detect(line.as_bytes()).unwrap();
    assert_eq!(detection.at, "2026-11-22T09:59:59.123456Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(detection.event_id.as_str(), "e-1");
    assert_eq!(detection.message, "it broke");
    assert_eq!(detection.reason.as_deref(), Some("sql"));
    assert_eq!(detection.trace_parent.as_deref(), Some(parent));
    assert_eq!(detection.request_id.as_deref(), Some("req-1"));
    assert_eq!(detection.version.as_deref(), Some("v7"));
    assert_eq!(detection.line.as_deref(), Some(line.as_str()));
    assert_eq!(detection.context, ["before"]);
    let ties = judge(&rules()).line(line.as_bytes(), false).pop().unwrap().ties();
    assert_eq!(ties, ["req-1", "0af7651916cd43dd8448eb211c80319c"]);
}

#[test]
fn a_time_or_trace_that_cannot_be_is_not_believed() {
    for ts in ["2026-11-22T10:05:00Z", "1970-01-01T00:00:00Z", "yesterday", "-1"] {
        let detection = detect(format!(r#"{{"marker":"BOOM","ts":"{ts}"}}"#).as_bytes()).unwrap();
        assert_eq!(detection.at, now(), "{ts}");
    }
    let zero = "0".repeat(32);
    for trace in ["x", "00-1-2-3", &format!("00-{zero}-b7ad6b7169203331-01")] {
        let detection = detect(format!(r#"{{"marker":"BOOM","traceparent":"{trace}"}}"#).as_bytes()).unwrap();
        assert_eq!(detection.trace_parent, None, "{trace}");
    }
    let id = "0af7651916cd43dd8448eb211c80319c";
    let detection = detect(format!(r#"{{"marker":"BOOM","trace_id":"{id}"}}"#).as_bytes()).unwrap();
    assert_eq!(detection.trace_parent, Some(format!("00-{id}-0af7651916cd43dd-01")));
}

#[test]
fn a_line_that_does_not_name_itself_is_named_by_its_place() {
    let target = "tiny".parse().unwrap();
    let name = |life, offset, line: &str| {
        let origin = Origin { target: &target, name: Name::Place { life, offset }, line: line.as_bytes() };
        judge(&rules()).line(line.as_bytes(), false).pop().unwrap().detection(origin, vec![], now()).event_id
    };
    let first = name(Uuid::nil(), 0, "BOOM");
    assert_eq!(first, name(Uuid::nil(), 0, "BOOM"));
    let bad_id = r#"{"marker":"BOOM","event_id":"not an id"}"#;
    let others = [name(Uuid::nil(), 5, "BOOM"), name(Uuid::max(), 0, "BOOM"), name(Uuid::nil(), 0, bad_id)];
    for other in others {
        assert_ne!(first, other);
    }
}

#[test]
fn texts_are_bounded_and_hold_nothing_that_the_store_cannot_keep() {
    let mut line = b"BOOM \xff\0 ".to_vec();
    line.extend("ä".repeat(MAX_LINE).as_bytes());
    let detection = detect(&line).unwrap();
    let kept = detection.line.unwrap();
    assert!(kept.starts_with("BOOM \u{fffd}\u{fffd} ä"), "{}", &kept[..20]);
    assert!(kept.len() <= MAX_LINE && kept.len() > MAX_LINE - 4);
    assert!(detection.message.len() <= MAX_MESSAGE);
}
