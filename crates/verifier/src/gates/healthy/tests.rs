use super::*;

fn told(body: &Value) -> Answer {
    let content_type = Some("application/json".into());
    Answer { status: Some(200), body: Some(body.clone()), text: body.to_string(), content_type, ..Answer::default() }
}

fn page(text: &str) -> Answer {
    Answer { status: Some(200), text: text.into(), content_type: Some("text/html".into()), ..Answer::default() }
}

fn exchange(old: Vec<Answer>, new: Answer) -> Exchange {
    let request = serde_json::from_value(json!({ "method": "GET", "path": "/x" })).expect("a request");
    Exchange { request, old, new }
}

#[track_caller]
fn check(old: [&Value; 2], new: &Value, wanted: &[&str]) {
    let found = differences(&old.map(told), &told(new));
    let fields: Vec<&str> = found.iter().map(|difference| difference.field.as_str()).collect();
    assert_eq!(fields, wanted, "{old:?} {new}");
}

#[test]
fn a_field_that_the_old_version_answers_alike_may_not_change() {
    let (one, two) = (json!({"a": 1, "t": 7, "l": [{"x": 1}]}), json!({"a": 1, "t": 8, "l": [{"x": 1}]}));
    check([&one, &two], &json!({"a": 1, "t": 9, "l": [{"x": 1}]}), &[]);
    check([&one, &two], &json!({"a": 2, "t": 9, "l": [{"x": 1}]}), &["/a"]);
    check([&one, &two], &json!({"a": 1, "t": 9, "l": [{"x": 2}]}), &["/l/0/x"]);
    check([&one, &two], &json!({"a": 1, "t": 9, "l": []}), &["/l (length)"]);
    check([&one, &two], &json!({"t": 9, "l": [{"x": 1}]}), &["/a"]);
    check([&one, &two], &json!({"a": 1, "t": 9, "l": [{"x": 1}], "b/c": 1}), &["/b~1c"]);
    check([&one, &two], &json!([]), &[""]);
    check([&json!(1), &json!(1)], &json!(2), &["body"]);
}

#[test]
fn what_the_old_version_itself_answers_differently_is_noise() {
    check([&json!({"a": 1}), &json!({})], &json!({}), &[]);
    check([&json!({"a": 1}), &json!({})], &json!({"a": 5}), &[]);
    check([&json!([1]), &json!([1, 2])], &json!([7, 8, 9]), &[]);
    check([&json!({"a": {"b": 1}}), &json!({"a": 4})], &json!({"a": null}), &[]);
    let pages = [page("<p>\nat 1\n</p>"), page("<p>\nat 2\n</p>")];
    assert!(differences(&pages, &page("<p>\nat 3\n</p>")).is_empty());
    assert_eq!(differences(&pages, &page("<b>\nat 3\n</p>"))[0].field, "line 1");
    assert_eq!(differences(&pages, &page("<p>\nat 3"))[0].field, "body (lines)");
}

#[test]
fn status_and_content_type_count() {
    let old = [told(&json!({})), told(&json!({}))];
    let failed = Answer { status: Some(500), ..told(&json!({})) };
    assert_eq!(differences(&old, &failed)[0].field, "status");
    let gone = Answer { problem: Some("closed".into()), ..Answer::default() };
    assert_eq!(differences(&old, &gone)[0].new, "closed");
    let other = Answer { content_type: None, ..told(&json!({})) };
    assert_eq!(differences(&old, &other)[0].field, "content-type");
}

#[test]
fn nothing_to_compare_is_no_pass() {
    let fine = || told(&json!({}));
    let ill = || Answer { status: Some(503), ..fine() };
    let judge = |exchanges| report(&Checks::all(), &Evidence { exchanges, ..Evidence::default() });
    for nothing in [
        vec![],
        vec![exchange(vec![ill(), ill()], ill())],
        vec![exchange(vec![fine(), ill()], fine())],
        vec![exchange(vec![fine()], fine())],
        vec![exchange(vec![Answer::default(), Answer::default()], fine())],
    ] {
        assert_eq!(judge(nothing.clone()).code, "unverified", "{nothing:?}");
    }
    assert_eq!(judge(vec![exchange(vec![fine(), fine()], fine())]).code, "ok");
    let problem = Evidence { problem: Some("it does not start".into()), ..Evidence::default() };
    assert_eq!(report(&Checks::all(), &problem).code, "unverified");
}

#[test]
fn a_change_is_told_without_secrets_and_passes_only_where_nobody_looks() {
    let secret = json!({ "a": "password=hunter2hunter2" });
    let exchanges = vec![exchange(vec![told(&secret), told(&secret)], told(&json!({ "a": "x".repeat(9_000) })))];
    let evidence = Evidence { exchanges, skipped: vec![("GET /y".into(), "never".into())], problem: None };
    let refused = report(&Checks::all(), &evidence);
    assert_eq!(refused.code, "healthy_changed");
    let text = serde_json::to_string(&refused).expect("JSON");
    assert!(!text.contains("hunter2") && text.len() < 2_000 && text.contains("GET /y"), "{text}");
    assert!(report(&Checks::all().without("healthy"), &evidence).passed);
}
