//! Contracts with cases: the verifier plays the upstream, and a candidate that only looks well is found out.

use crate::world::{World, assert_admitted, assert_refused};
use serde_json::Value;
use wire::span::{Span, SpanKind};
use wire::verification::Verdict;

const CASES: &str = r#"
[[contracts.doubles]]
name = "upstream"
port = PORT

[[contracts.cases]]
name = "a healthy upstream"
double = { name = "upstream", body = '{"value":{nonce}}' }
answers = [{ status = 200, deadline_ms = 2000, json = { "/greeting" = "value {nonce}" }, absent = ["/code"], headers = ["content-type"] }]
calls = { at_least = 1, at_most = 1 }

[[contracts.cases]]
name = "another value"
double = { name = "upstream", body = '{"value":{nonce}}', delay_ms = 20 }
answers = [{ status = 503 }, { status = 200, json = { "/greeting" = "value {nonce}" } }]

[[contracts.cases]]
name = "a failing upstream"
double = { name = "upstream", status = 500 }
answers = [{ status = 500, json = { "/code" = "greeting_failed" } }]
calls = { at_least = 1 }

[[contracts.cases]]
name = "one that closes"
fresh = true
double = { name = "upstream", behaviour = "close" }
answers = [{ status = 500 }]
calls = { at_least = 1 }

[[contracts.cases]]
name = "an absent one"
double = { name = "upstream", behaviour = "absent" }
answers = [{ status = 500 }]

[[contracts.cases]]
name = "no double at all"
answers = [{ status = 500 }]

[[contracts.cases]]
name = "it is back"
double = { name = "upstream", body = '{"value":{nonce}}' }
answers = [{ status = 200, json = { "/greeting" = "value {nonce}" } }]
"#;

/// The tiny target with cases; the double takes the place of the declared upstream.
fn with(cases: &str) -> impl Fn(String) -> String + use<> {
    let cases = cases.to_owned();
    move |target| {
        let (_, port) = target.split_once("UPSTREAM_URL = \"http://127.0.0.1:").expect("the upstream");
        let port = port.split('"').next().expect("a port");
        format!("{target}{}", cases.replace("PORT", port))
    }
}

fn cases(verdict: &Verdict) -> &Vec<Value> {
    verdict.gates[2].evidence["cases"].as_array().expect("the cases")
}

#[tokio::test]
async fn the_right_cure_holds_in_every_case() {
    for plain in [false, true] {
        let world = World::of(with(CASES), |settings| settings.allow_unsandboxed = plain).await;
        let verdict = world.admit("good", &world.tiny.good_diff()).await;
        assert_admitted(&verdict);
        assert_eq!(verdict.gates[2].why, "met: all 7 cases hold");
        let cases = cases(&verdict);
        let member = |name: &str| cases.iter().map(|case| case[name].clone()).collect::<Vec<_>>();
        assert_eq!(member("judgement"), ["met"; 7], "plain: {plain}");
        let calls = member("calls").into_iter().map(|calls| calls.as_u64()).collect::<Vec<_>>();
        assert_eq!(calls, [Some(1), Some(1), Some(1), Some(1), Some(0), None, Some(1)]);
        assert_eq!(member("answer")[1], 2, "the second alternative fitted");
        let ids: std::collections::BTreeSet<String> = member("replay").iter().map(Value::to_string).collect();
        assert_eq!(ids.len(), 7, "each case has a replay of its own");
        let named = |span: &&Span| span.kind != SpanKind::Build && !span.name.contains("without");
        let mut of_candidate = verdict.spans.iter().filter(named).map(|span| span.kind);
        let kinds: Vec<SpanKind> = of_candidate.by_ref().take(5).collect();
        use SpanKind::{Health, Replay, Test};
        assert_eq!(kinds, [Test, Health, Replay, Health, Replay], "two processes");
        assert!(verdict.gates[2].evidence.to_string().len() < 20_000, "the evidence is bounded");
    }
}

#[tokio::test]
async fn a_constant_is_found_out_by_the_nonce() {
    let world = World::of(with(CASES), |_| {}).await;
    let verdict = world.admit("sly", &world.tiny.sly_diff()).await;
    assert_refused(&verdict, &["ok", "ok", "contract_broken"]);
    let why = &verdict.gates[2].why;
    assert!(why.starts_with("in the case \"a healthy upstream\": json: /greeting holds \"value 42\""), "{why}");
    assert_eq!(cases(&verdict).len(), 1, "nothing is asked after what does not hold");
    assert!(verdict.gates[2].evidence["output"]["exit"].is_string(), "the candidate's words are evidence");
}

#[tokio::test]
async fn a_value_that_is_kept_for_ever_is_found_out_by_the_second_nonce() {
    let world = World::of(with(CASES), |_| {}).await;
    let cached = "kept = {}\n\n\ndef greet(fetch):\n    value = kept.get(1) or fetch(\"/data\")[\"value\"]\n    \
                  if not isinstance(value, str):\n        kept[1] = value\n    return {\"greeting\": \"value \" + str(value)}\n";
    let verdict = world.admit("cached", &world.tiny.diff_to(cached)).await;
    assert_refused(&verdict, &["ok", "ok", "contract_broken"]);
    assert!(verdict.gates[2].why.contains("in the case \"another value\": json"), "{}", verdict.gates[2].why);
}

#[tokio::test]
async fn an_error_that_is_swallowed_is_found_out_by_the_failing_upstream() {
    let world = World::of(with(CASES), |_| {}).await;
    let swallowed = "def greet(fetch):\n    try:\n        value = fetch(\"/data\")[\"value\"]\n    except OSError as away:\n        \
                     if str(away) == \"away\":\n            raise\n        value = 0\n    return {\"greeting\": \"value \" + str(value)}\n";
    let verdict = world.admit("swallowed", &world.tiny.diff_to(swallowed)).await;
    assert_refused(&verdict, &["ok", "ok", "contract_broken"]);
    assert!(verdict.gates[2].why.contains("in the case \"a failing upstream\": status"), "{}", verdict.gates[2].why);
}

#[tokio::test]
async fn a_call_that_must_not_be_made_is_counted() {
    let open = CASES.replacen("calls = { at_least = 1, at_most = 1 }", "calls = { at_most = 0 }", 1);
    let world = World::of(with(&open), |_| {}).await;
    let verdict = world.admit("calls", &world.tiny.good_diff()).await;
    assert_refused(&verdict, &["ok", "ok", "contract_broken"]);
    let why = &verdict.gates[2].why;
    assert!(why.ends_with("calls: the double saw 1 connections where 0 is the most"), "{why}");
    let more = CASES.replacen("calls = { at_least = 1, at_most = 1 }", "calls = { at_least = 2 }", 1);
    let world = World::of(with(&more), |_| {}).await;
    let verdict = world.admit("more", &world.tiny.good_diff()).await;
    assert_refused(&verdict, &["ok", "ok", "no_witness"]);
}

#[tokio::test]
async fn a_port_that_the_candidate_wants_for_itself_is_no_success() {
    let holds = |target: String| {
        let target = with(CASES)(target);
        let port =
            target.rsplit_once("\nport = ").expect("the double").1.split('\n').next().expect("a port").to_owned();
        target.replace(
            "[\"/usr/bin/python3\", \"{artefact}/app.py\"]",
            &format!(
                "[\"/usr/bin/python3\", \"-c\", \"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)\"]"
            ),
        )
    };
    let world = World::of(holds, |_| {}).await;
    let verdict = world.admit("holds", &world.tiny.good_diff()).await;
    assert!(!verdict.admitted);
    let code = verdict.gates[2].code.as_str();
    assert!(["unverified", "contract_broken"].contains(&code), "{code}: {}", verdict.gates[2].why);
}
