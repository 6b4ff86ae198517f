//! One trace tells of a recovery: whole, with every stage under the one that asked for it.

use e2e::collector::{Collector, Told};
use e2e::fleet::{Fleet, RECOVERY, Setup};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use testkit::eventually;
use wire::Service;
use wire::incident::Status;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
/// The span of whoever sent the failing request: the one parent that nobody here tells of.
const CLIENT: &str = "00f067aa0ba902b7";

/// Each span is a child of the one before; the first of the client. Names are the beginnings of names.
const CHAINS: &[&[(Service, &str)]] = &[
    &[FAILING, (Service::FaultRouter, "detect"), (Service::IncidentStore, "POST /v1/detections")],
    &[FAILING, HEAL, (Service::Healer, "plan"), (Service::RagGateway, "POST /v1/plans")],
    &[FAILING, HEAL, PATCH, ASK_PATCHER, PROPOSE, ASK_VERIFIER, ADMIT, BUILD],
    &[FAILING, HEAL, PATCH, ASK_PATCHER, PROPOSE, ASK_VERIFIER, ADMIT, TEST],
    &[FAILING, HEAL, PATCH, ASK_PATCHER, PROPOSE, ASK_VERIFIER, ADMIT, REPLAY],
    &[
        FAILING,
        HEAL,
        (Service::Healer, "push"),
        ASK_PATCHER,
        (Service::Patcher, "push"),
        (Service::Verifier, "GET /v1/verdicts/"),
    ],
    &[FAILING, HEAL, DEPLOY, ASK_DEPLOYER, ROLL_OUT, (Service::Deployer, "health")],
    // The operation, and the replay itself.
    &[FAILING, HEAL, DEPLOY, ASK_DEPLOYER, ROLL_OUT, ASK_VERIFIER, REPLAY, REPLAY],
    &[FAILING, HEAL, VERIFY, ASK_VERIFIER, (Service::Verifier, "verify"), REPLAY],
    &[FAILING, HEAL, VERIFY, ASK_VERIFIER, (Service::Verifier, "verify"), FAILING],
    &[FAILING, HEAL, (Service::Healer, "resolve"), (Service::IncidentStore, "POST /v1/incidents/")],
    &[FAILING, HEAL, (Service::Healer, "learn"), (Service::RagGateway, "PUT /v1/lessons/")],
];
const FAILING: (Service, &str) = (Service::Front, "GET /greet");
const HEAL: (Service, &str) = (Service::Healer, "heal TINY_GREETING_BROKEN");
const PATCH: (Service, &str) = (Service::Healer, "patch");
const DEPLOY: (Service, &str) = (Service::Healer, "deploy");
const VERIFY: (Service, &str) = (Service::Healer, "verify");
const ASK_PATCHER: (Service, &str) = (Service::Patcher, "PUT /v1/operations/");
const ASK_VERIFIER: (Service, &str) = (Service::Verifier, "PUT /v1/operations/");
const ASK_DEPLOYER: (Service, &str) = (Service::Deployer, "PUT /v1/operations/");
const PROPOSE: (Service, &str) = (Service::Patcher, "propose");
const ADMIT: (Service, &str) = (Service::Verifier, "admit");
const BUILD: (Service, &str) = (Service::Verifier, "build");
const TEST: (Service, &str) = (Service::Verifier, "test");
const REPLAY: (Service, &str) = (Service::Verifier, "replay");
const ROLL_OUT: (Service, &str) = (Service::Deployer, "deploy");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_goes_from_the_failing_request_through_every_service_and_each_stage_is_where_it_belongs() {
    let (collector, url) = Collector::start();
    let env = BTreeMap::from([
        ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), url),
        ("OTEL_BSP_SCHEDULE_DELAY".to_owned(), "200".to_owned()),
    ]);
    let fleet = Fleet::start(Setup { env, ..Setup::default() }).await;
    let http = reqwest::Client::builder().no_proxy().timeout(RECOVERY).build().unwrap();
    let failing = http.get(format!("{}/greet", fleet.stack.front()));
    let answer = failing.header("traceparent", format!("00-{TRACE}-{CLIENT}-01")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 500);
    let incident = fleet.until(&[Status::Resolved]).await;
    assert!(incident.trace_parent.is_some_and(|parent| parent.contains(TRACE)), "the incident belongs to the trace");
    let why = Mutex::new(String::new());
    // Spans come when they end, and the last ones end after the incident is resolved.
    let judging = eventually("the whole trace", RECOVERY * 2, async || {
        let judged = judge(&collector.spans(TRACE));
        judged.map_err(|error| *why.lock().unwrap() = error).ok()
    });
    if tokio::time::timeout(RECOVERY, judging).await.is_err() {
        panic!("{}\n{}", why.lock().unwrap(), drawn(&collector.spans(TRACE), CLIENT, 0));
    }
    println!("{}", drawn(&collector.spans(TRACE), CLIENT, 0));
}

/// What is wrong with a trace.
fn judge(spans: &[Told]) -> Result<(), String> {
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    if ids.len() != spans.len() {
        return Err("two spans have one id".to_owned());
    }
    for span in spans {
        let known = span.parent == CLIENT || ids.contains(span.parent.as_str());
        let named = Service::ALL.iter().any(|service| service.as_str() == span.service);
        if !known || !named || span.end < span.start || span.start == 0 {
            return Err(format!("an orphan, a stranger, or one that ends before it begins: {span:?}"));
        }
    }
    for chain in CHAINS {
        if !holds(spans, CLIENT, chain) {
            return Err(format!("there is no {chain:?}"));
        }
    }
    Ok(())
}

fn holds(spans: &[Told], parent: &str, chain: &[(Service, &str)]) -> bool {
    let Some(((service, name), rest)) = chain.split_first() else { return true };
    let fits = |span: &&Told| span.parent == parent && span.service == service.as_str() && span.name.starts_with(name);
    spans.iter().filter(fits).any(|span| holds(spans, &span.id, rest))
}

/// The tree, for people.
fn drawn(spans: &[Told], parent: &str, depth: usize) -> String {
    let mut children: Vec<&Told> = spans.iter().filter(|span| span.parent == parent && depth < 20).collect();
    children.sort_by_key(|span| span.start);
    let line = |span: &Told| {
        let ms = span.end.saturating_sub(span.start) as f64 / 1e6;
        let below = drawn(spans, &span.id, depth + 1);
        format!("{}{} {} {ms:.1} ms\n{below}", "  ".repeat(depth), span.service, span.name)
    };
    children.into_iter().map(line).collect()
}
