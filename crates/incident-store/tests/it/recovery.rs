//! The numbers of recoveries at `/metrics`: each event once, whoever counts it and however often they start.

use crate::setup::{FAULTS, Fixture, TARGET, beside, start, start_unready};
use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::{eventually, token};

const LIMIT: Duration = Duration::from_secs(20);

async fn ask(store: &Fixture, caller: &str) -> (u16, String) {
    let mut request = reqwest::Client::new().get(format!("{}/metrics", store.base)).timeout(LIMIT);
    if !caller.is_empty() {
        request = request.bearer_auth(token(caller));
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

async fn numbers(store: &Fixture) -> String {
    let (status, text) = ask(store, "operator").await;
    assert_eq!(status, 200, "{text}");
    text
}

/// The value of a series; its labels as they are told, without the service's.
fn value(text: &str, series: &str) -> Option<f64> {
    let service = r#"service="incident-store""#;
    let line = text.lines().find_map(|line| {
        let (name, value) = line.rsplit_once(' ')?;
        let name = name.replace(&format!(",{service}"), "").replace(&format!("{{{service}}}"), "");
        (name == series).then_some(value)
    });
    line?.parse().ok()
}

fn ended(outcome: &str) -> String {
    format!(r#"kintsugi_incidents_ended_total{{target="{TARGET}",code="{}",outcome="{outcome}"}}"#, FAULTS[0])
}

fn opened() -> String {
    format!(r#"kintsugi_incidents_total{{target="{TARGET}",code="{}",severity="critical"}}"#, FAULTS[0])
}

async fn until(store: &Fixture, series: &str, wanted: f64) -> String {
    eventually(&format!("{series} is {wanted}"), LIMIT, async || {
        let text = numbers(store).await;
        (value(&text, series) == Some(wanted)).then_some(text)
    })
    .await
}

/// An incident that a person ends: an incident, an escalation and an intervention.
async fn one_round(store: &Fixture) {
    store.fault(FAULTS[0]).await;
    let lease = eventually("a lease", LIMIT, async || store.lease().await).await;
    store.resolve(&lease, lease.incident.position.0 + 1).await;
    store.settle(&lease).await;
    // Beyond the time in which it would come back as the same.
    store.pass(3_600);
}

#[tokio::test]
async fn each_event_is_counted_once_by_two_replicas_and_after_a_new_start_and_all_tell_the_same() {
    let first = start().await;
    let second = beside(&first).await;
    let text = until(&first, &opened(), 0.0).await;
    assert_eq!(value(&text, &ended("escalated")), Some(0.0), "what did not happen yet is told as nothing");
    for _ in 0..5 {
        one_round(&first).await;
    }
    until(&first, &ended("resolved_by_person"), 5.0).await;
    first.stop.now();
    second.stop.now();
    // A third one finds everything added up, and goes on from there.
    let third = start_unready(first.parts.clone(), first.clock.clone());
    third.ready().await;
    let fourth = beside(&third).await;
    one_round(&third).await;
    let people = format!(r#"kintsugi_manual_interventions_total{{target="{TARGET}",kind="resolved"}}"#);
    for store in [&third, &fourth] {
        let text = until(store, &ended("resolved_by_person"), 6.0).await;
        for series in [&opened(), &ended("escalated"), &people] {
            assert_eq!(value(&text, series), Some(6.0), "{series}");
        }
        let detections = format!(r#"kintsugi_detection_seconds_count{{target="{TARGET}"}}"#);
        assert_eq!(value(&text, &detections), Some(6.0));
    }
}

#[tokio::test]
async fn what_is_open_and_whether_healing_goes_on_is_told_as_it_is_now() {
    let store = start().await;
    let open = |status: &str| format!(r#"kintsugi_incidents_open{{target="{TARGET}",status="{status}"}}"#);
    assert_eq!(value(&until(&store, &open("detected"), 0.0).await, "kintsugi_healing_paused"), Some(0.0));
    store.fault(FAULTS[0]).await;
    until(&store, &open("detected"), 1.0).await;
    store.post("/developer/incidents/pause", "operator", &json!({})).await;
    until(&store, "kintsugi_healing_paused", 1.0).await;
    // A row of a target that no catalogue has, and of a fault that this target does not have, make no labels of their own.
    let sql = "UPDATE incidents SET target = 'a-stranger', code = 'A_STRANGER_S'";
    store.sql().await.batch_execute(sql).await.expect("written");
    let text = until(&store, r#"kintsugi_incidents_open{target="other",status="detected"}"#, 1.0).await;
    assert!(!text.to_lowercase().contains("stranger"), "{text}");
}

#[tokio::test]
async fn a_database_that_is_away_takes_its_numbers_with_it_and_nothing_else() {
    let store = start().await;
    until(&store, &opened(), 0.0).await;
    store.sql().await.batch_execute("ALTER TABLE recovery_series RENAME TO elsewhere").await.expect("renamed");
    let text = eventually("the numbers are gone", LIMIT, async || {
        let text = numbers(&store).await;
        value(&text, &opened()).is_none().then_some(text)
    })
    .await;
    assert!(text.contains("kintsugi_http_requests_total"), "{text}");
    store.sql().await.batch_execute("ALTER TABLE elsewhere RENAME TO recovery_series").await.expect("renamed");
    until(&store, &opened(), 0.0).await;
}

#[tokio::test]
async fn only_a_scraper_and_an_operator_read_the_numbers() {
    let store = start().await;
    for (caller, wanted) in [("", 401), ("nobody", 403), ("approver", 403), ("healer", 403), ("operator", 200)] {
        assert_eq!(ask(&store, caller).await.0, wanted, "{caller}");
    }
    assert_eq!(ask(&store, "metrics").await.0, 200);
    for path in ["/v1/incidents", "/v1/events", "/developer/incidents/api/data", "/developer/incidents/state"] {
        assert_eq!(store.get(path, "metrics").await.0, 403, "{path}: a scraper reads numbers and nothing else");
    }
}

fn observability() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compose/observability")
}

/// Every name of ours, and of the process, that a text uses.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let ours = |word: &&str| !word.contains(':') && (word.starts_with("kintsugi_") || word.starts_with("process_"));
    words.filter(ours).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_number_that_a_dashboard_or_a_rule_asks_for_is_told() {
    let store = start().await;
    let text = until(&store, &opened(), 0.0).await;
    let told: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .flat_map(|(name, kind)| {
            let parts: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            parts.iter().map(move |part| format!("{name}{part}"))
        })
        .collect();
    let files = ["prometheus/rules.yml", "grafana/dashboards/recovery.json", "grafana/dashboards/services.json"];
    for file in files {
        let used = names(&std::fs::read_to_string(observability().join(file)).expect("the file"));
        assert!(!used.is_empty(), "{file} uses numbers");
        let unknown: Vec<&String> = used.difference(&told).collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}, which nobody tells: {told:?}");
    }
}

#[tokio::test]
async fn promtool_finds_nothing_to_say_about_the_numbers() {
    let store = start().await;
    one_round(&store).await;
    let text = until(&store, &ended("escalated"), 1.0).await;
    let child =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("promtool is not installed (apt package prometheus): the numbers were not checked by it");
        return;
    };
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("written");
    let ended = child.wait_with_output().expect("its end");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}
