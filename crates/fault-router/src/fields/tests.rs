use super::*;

#[test]
fn a_cut_line_gives_what_stands_before_the_cut() {
    let whole = r#"{"marker":"M","event_id":7,"nested":{"marker":"X"},"message":"long long"}"#;
    let fields = parse(whole, false).unwrap();
    assert_eq!((fields.marker.as_deref(), fields.event_id.as_deref()), (Some("M"), Some("7")));
    for length in 0..whole.len() {
        let cut = parse(&whole[..length], true);
        assert_eq!(parse(&whole[..length], false), None, "cut at {length}");
        if length > 13 {
            assert_eq!(cut.unwrap().marker.as_deref(), Some("M"), "cut at {length}");
        }
    }
}

#[test]
fn only_a_replay_with_content_makes_a_line_evidence() {
    for (value, expected) in [
        ("\"kr-1\"", true),
        ("7", true),
        ("{}", true),
        ("true", true),
        ("\"\"", false),
        ("null", false),
        ("false", false),
    ] {
        let line = format!(r#"{{"replay":{value}}}"#);
        assert_eq!(parse(&line, false).unwrap().replay, expected, "{line}");
    }
}

#[test]
fn what_is_not_one_object_is_not_json_to_us() {
    for line in ["", "text", "[1]", "{", "{}{}", "{} tail", "{\"a\":1", "\"{}\""] {
        assert_eq!(parse(line, false), None, "{line:?}");
    }
    for name in ["a", "message"] {
        let deep = format!("{{\"{name}\":{0}{1}}}", "[".repeat(100_000), "]".repeat(100_000));
        let fields = parse(&deep, false);
        assert_eq!(fields, Some(Fields::default()), "nesting costs no stack: {name}");
    }
}

#[test]
fn other_members_are_kept_up_to_a_bound_and_the_first_of_two_names_counts() {
    let line = r#"{"level":"error","n":1.5,"ok":true,"off":false,"list":[1],"time":"t","ts":"later","service.name":"api","service":"other"}"#;
    let fields = parse(line, false).unwrap();
    let rest: Vec<_> = fields.rest.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(rest, ["level=error", "n=1.5", "ok=true"]);
    assert_eq!((fields.ts.as_deref(), fields.service.as_deref()), (Some("t"), Some("api")));
    let many: Vec<String> = (0..1_000).map(|i| format!("\"f{i}\":{i}")).collect();
    assert_eq!(parse(&format!("{{{}}}", many.join(",")), false).unwrap().rest.len(), MAX_FIELDS);
}
