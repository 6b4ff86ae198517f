//! A language model heals what nothing known heals; its delays, its reasons and its cost are shown.
#![expect(clippy::expect_used, clippy::panic, reason = "a story that cannot be told is a failed test")]

use e2e::fleet::{Fleet, RECOVERY, Setup};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use testkit::provider::{Provider, Turn};
use testkit::repository;
use wire::event::Body;
use wire::incident::Status;

const CANARY: &str = "hunter2canary4711";
pub(crate) const FILE: &str = "faults/greet.py";

/// A cure that matches nothing: what is known does not serve.
pub(crate) fn withdrawn() -> Vec<(&'static str, String)> {
    let text = "+++\nid = \"tiny-greeting\"\ntitle = \"A cure of another time\"\nfaults = [\"TINY_GREETING_BROKEN\"]\nlanguage = \"python\"\n\
         symptoms = \"TINY_GREETING_BROKEN TypeError the greeting could not be made\"\nroot_cause = \"A number is joined to a text.\"\n\
         verdict = \"code_fault\"\nverification = \"Ask for the greeting.\"\n\n[rule]\nrule = { pattern = \"no_such_call($A)\" }\nfix = \"x\"\n+++\nIt \
         matches nothing.\n";
    vec![("tiny-greeting.md", text.to_owned())]
}

/// The patcher asks the double alone.
pub(crate) fn env(provider: &Provider) -> BTreeMap<String, String> {
    let set = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    [
        ("PATCHER__MODELS__ORDER", "anthropic"),
        ("PATCHER__MODELS__ANTHROPIC__BASE_URL", &provider.base),
        ("PATCHER__MODELS__ANTHROPIC__MODEL", "double"),
        ("ANTHROPIC_API_KEY", CANARY),
    ]
    .map(set)
    .into()
}

pub(crate) fn allowed(target: &str) -> String {
    target.replace("[patch]\n", "[patch]\nmodels = true\n")
}

/// What the dashboard's stream tells first of this name.
async fn told(fleet: &Fleet, name: &str) -> Value {
    let token = operator(fleet);
    let url = format!("{}/developer/incidents/api/stream", fleet.stack.front());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut stream = client.get(url).bearer_auth(token).send().await.expect("a stream");
    let mut text = String::new();
    let frame = async {
        loop {
            let chunk = stream.chunk().await.expect("the stream goes on").expect("the stream does not end");
            text.push_str(&String::from_utf8_lossy(&chunk));
            let frames = text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
            let wanted = format!("event: {name}\n");
            if let Some(frame) = frames.split("\n\n").find(|frame| frame.contains(&wanted)) {
                let data = frame.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
                return serde_json::from_str(data).expect("JSON");
            }
        }
    };
    tokio::time::timeout(RECOVERY, frame).await.expect("it is told in time")
}

fn operator(fleet: &Fleet) -> String {
    let file = fleet.options.home.join("secrets/operator-token");
    std::fs::read_to_string(file).expect("the operator's token").trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_and_busy_model_heals_and_its_delay_its_reason_and_its_cost_are_shown() {
    let provider = Provider::start();
    let setup = Setup { env: env(&provider), cures: Some(withdrawn()), edit: Some(allowed), ..Setup::default() };
    let fleet = Fleet::start(setup).await;
    let faulty = repository::read(&fleet.tiny.remote, FILE);
    let cured = faulty.replace("\"value \" + value", "\"value \" + str(value)");
    let said = json!({ "explanation": "a number is joined to a text", "files": [{ "path": FILE, "content": cured }] });
    provider.script([
        Turn::new(429, r#"{"error":{"type":"rate_limit_error"}}"#)
            .after(Duration::from_secs(1))
            .with("retry-after", "2"),
        Turn::says(&said),
    ]);
    let before = fleet.until_live_is_head().await;
    let healing = async {
        fleet.fire().await;
        fleet.until(&[Status::Resolved]).await
    };
    let (delay, incident) = tokio::join!(told(&fleet, "processing_delay"), healing);
    assert!(delay["until"].is_string(), "{delay}");
    assert!(delay["text"].as_str().is_some_and(|text| text.contains("asks for patience (429)")), "{delay}");
    fleet.assert_healed(&incident, &before).await;

    assert_eq!((incident.models.calls, incident.models.cost_micro_usd), (2, 1_000 * 2 + 100 * 10));
    let journal = fleet.journal(incident.id).await;
    let calls = journal.iter().filter_map(|event| match &event.body {
        Body::Progressed { progress, more, .. } => Some(std::iter::once(progress).chain(more)),
        _ => None,
    });
    let why: Vec<&str> = calls.flatten().filter_map(|told| Some(told.call.as_ref()?.why.as_str())).collect();
    assert!(
        !why.is_empty() && why.iter().all(|why| why.contains("no known remedy is left: option 0: no_match")),
        "{why:?}"
    );
    let origin = incident.proposal.as_ref().map(|proposal| proposal.origin.as_str());
    assert_eq!(origin, Some("model anthropic/double"));

    let data = at(&fleet, "/developer/incidents/api/data").await;
    assert_eq!(data.pointer("/incidents/0/models/cost_micro_usd"), Some(&json!(3_000)), "{data}");
    let shown = at(&fleet, &format!("/developer/incidents/api/incidents/{}", incident.id)).await;
    assert!(shown["story"].to_string().contains("A language model is waited for"), "{}", shown["story"]);
    let everything = format!("{data}{shown}{:?}", repository::log(&fleet.tiny.remote));
    assert!(!everything.contains(CANARY), "the key is nowhere but in its header");
    assert!(provider.asked().iter().all(|asked| !asked.body.to_string().contains(CANARY)));
    assert_eq!(provider.asked()[0].headers.get("x-api-key").map(String::as_str), Some(CANARY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_offline_mode_nobody_is_asked_and_a_person_is_told_why() {
    let provider = Provider::start();
    let mut env = env(&provider);
    env.insert("OFFLINE_MODE".into(), "1".into());
    let setup = Setup { env, cures: Some(withdrawn()), edit: Some(allowed), ..Setup::default() };
    let fleet = Fleet::start(setup).await;
    fleet.fire().await;
    let incident = fleet.until(&[Status::Escalated]).await;
    assert!(
        incident.refusals.iter().any(|why| why.contains("no_provider") && why.contains("OFFLINE_MODE")),
        "{:?}",
        incident.refusals
    );
    assert!(provider.asked().is_empty());
}

async fn at(fleet: &Fleet, path: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
    let answer = client.get(format!("{}{path}", fleet.stack.front())).bearer_auth(operator(fleet)).send().await;
    let text = answer.expect("an answer").text().await.expect("a body");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
