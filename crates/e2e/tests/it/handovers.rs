//! A caller hands its failed call over, and hears what becomes of it until it is answered.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story that cannot be told is a failed test")]

use e2e::fleet::{Fleet, RECOVERY, Setup};
use e2e::gate::{Then, When};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::Service;
use wire::incident::Status;

const PATH: &str = "/v1/operations";

fn takes_greetings(text: &str) -> String {
    format!("{text}\n[handover]\nbase_url = \"${{FRONT}}\"\npaths = [\"/greet\"]\n")
}

/// What one caller was told, over however many connections.
#[derive(Default)]
struct Told {
    location: String,
    names: Vec<String>,
    places: Vec<u64>,
    last: Value,
    connections: usize,
}

/// Hands a failed greeting over and listens until it is answered; comes again where it was when the connection breaks.
async fn hand_over(fleet: &Fleet, key: &str) -> Told {
    let token = std::fs::read_to_string(fleet.stack.layout.secret("operator-token")).unwrap();
    let store = fleet.stack.ports.url(Service::IncidentStore);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let failed = json!({"target": "tiny", "idempotency_key": key, "call": {"method": "GET", "path": "/greet"},
        "failure": {"status": 500, "error": "greeting_failed", "at": chassis::clock::system().now()}});
    let mut told = Told::default();
    let until = Instant::now() + 2 * RECOVERY;
    while !told.last["answer"].is_object() {
        assert!(Instant::now() < until, "no answer; told so far: {:?}", told.names);
        let request = match told.location.as_str() {
            "" => http.post(format!("{store}{PATH}")).json(&failed),
            path => http.get(format!("{store}{path}")),
        };
        let last = told.places.last().map(u64::to_string).unwrap_or_default();
        let request = request.bearer_auth(token.trim()).header("accept", "text/event-stream");
        let answer = request.header("last-event-id", last).timeout(RECOVERY).send().await;
        // The store may be between two lives.
        let Ok(answer) = answer.and_then(reqwest::Response::error_for_status) else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        told.connections += 1;
        told.location = answer.headers()["location"].to_str().unwrap().to_owned();
        listen(answer, &mut told).await;
    }
    told
}

async fn listen(mut answer: reqwest::Response, told: &mut Told) {
    let mut text = String::new();
    while let Ok(Some(part)) = answer.chunk().await {
        text += std::str::from_utf8(&part).unwrap();
        while let Some((frame, rest)) = text.split_once("\n\n") {
            let part = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
            if let (Some(place), Some(name), Some(data)) = (part("id: "), part("event: "), part("data: ")) {
                told.places.push(place.parse().unwrap());
                told.names.push(name.to_owned());
                told.last = serde_json::from_str(data).unwrap();
            }
            text = rest.to_owned();
        }
    }
}

fn check_healed(told: &Told) {
    println!("{:?}", told.names);
    for name in ["healing_started", "healing_diagnosed", "healing_progress", "healing_retrying", "healing_succeeded"] {
        assert!(told.names.iter().any(|told| told == name), "{name} is missing in {:?}", told.names);
    }
    assert_eq!(told.names.last().map(String::as_str), Some("healing_succeeded"));
    let places: Vec<u64> = (1..=told.places.len() as u64).collect();
    assert_eq!(told.places, places, "nothing is lost and nothing is told twice");
    let answer = &told.last["answer"];
    let body = answer["response"]["body"].as_str().unwrap();
    assert_eq!((answer["outcome"].as_str(), answer["response"]["status"].as_u64()), (Some("succeeded"), Some(200)));
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({"greeting": "value 42"}), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_call_is_healed_repeated_and_answered_also_when_the_store_is_killed_on_the_way() {
    let fleet = Arc::new(Fleet::start(Setup { edit: Some(takes_greetings), ..Setup::default() }).await);
    let before = fleet.until_live_is_head().await;
    fleet.fire().await;
    let told = hand_over(&fleet, "first").await;
    check_healed(&told);
    assert_eq!(told.connections, 1);
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&incident, &before).await;

    fleet.reset().await;
    let before = fleet.until_live_is_head().await;
    let killer = Arc::downgrade(&fleet);
    fleet.gate.at(When::After, "started", Some("deploy"), move || {
        if let Some(fleet) = killer.upgrade() {
            fleet.stack.supervisor.kill(Service::IncidentStore, false);
        }
        Then::PassOn
    });
    fleet.fire().await;
    let told = hand_over(&fleet, "second").await;
    assert!(fleet.gate.has_bitten() && told.connections > 1, "the kill was not triggered");
    check_healed(&told);
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&incident, &before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_nobody_can_heal_is_answered_with_a_diagnosis_in_time() {
    let env = [("INCIDENT_STORE__HANDOVER_LIMIT_MS".to_owned(), "10000".to_owned())].into();
    let setup = Setup { edit: Some(takes_greetings), cures: Some(vec![]), env, ..Setup::default() };
    let fleet = Fleet::start(setup).await;
    let head = fleet.tiny.head();
    fleet.store().pause().await.unwrap();
    fleet.fire().await;
    let told = hand_over(&fleet, "paused").await;
    let answer = &told.last["answer"];
    assert_eq!(answer["outcome"], "failed");
    assert!(answer["message"].as_str().unwrap().contains("not healed in time"), "{answer}");

    fleet.store().resume().await.unwrap();
    fleet.until(&[Status::Escalated]).await;
    let told = hand_over(&fleet, "resumed").await;
    let diagnosis = &told.last["answer"]["diagnosis"];
    assert_eq!((&told.last["answer"]["outcome"], &diagnosis["status"]), (&json!("failed"), &json!("escalated")));
    assert!(diagnosis["detail"].as_str().unwrap().contains("TINY_GREETING_BROKEN"), "{diagnosis}");
    assert_eq!(fleet.tiny.head(), head, "nothing was pushed");
}
