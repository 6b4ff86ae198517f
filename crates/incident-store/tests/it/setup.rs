//! A store on port 0 with a database of its own, and its callers.

use chassis::{Clock, SharedClock, Stop};
use chrono::{DateTime, TimeDelta, Utc};
use client::{CallError, Callee, IncidentStore};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use incident_store::Settings;
use incident_store::app::{Parts, serve};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use testkit::{FakeClock, credentials, eventually, listener, token};
use wire::detection::{Detection, Received, Source};
use wire::event::{Append, Body, EscalationReason, Event, Step};
use wire::lease::{Lease, LeaseRequest, Release};
use wire::target::{Catalogue, Target};
use wire::{Digest, EventId, IncidentId, Service};

/// The target of most tests; `second` has the same faults.
pub(crate) const TARGET: &str = "first";
/// Its faults.
pub(crate) const FAULTS: [&str; 2] = ["FAULT_A", "FAULT_B"];

/// A running store.
pub(crate) struct Fixture {
    pub(crate) base: String,
    pub(crate) clock: FakeClock,
    pub(crate) parts: Parts,
    pub(crate) stop: Stop,
    /// As the healer, as the operator, as the router.
    pub(crate) healer: IncidentStore,
    pub(crate) operator: IncidentStore,
    pub(crate) router: IncidentStore,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.stop.now();
    }
}

/// Parts with a database and a clock of their own.
pub(crate) fn parts(database_url: SecretString, clock: &FakeClock) -> Parts {
    Parts {
        settings: Settings { patcher: "http://127.0.0.1:9".into(), reset_limit_s: 1, ..Settings::default() },
        credentials: credentials(Service::IncidentStore),
        database_url,
        redis_url: None,
        catalogue: catalogue(),
        clock: Arc::new(clock.clone()) as SharedClock,
    }
}

/// A store that is ready.
pub(crate) async fn start() -> Fixture {
    start_with(|_| {}).await
}

pub(crate) async fn start_with(change: impl FnOnce(&mut Parts)) -> Fixture {
    let clock = FakeClock::at(1_800_000_000);
    let mut parts = parts(testkit::database().await.url(), &clock);
    change(&mut parts);
    let fixture = start_unready(parts, clock);
    fixture.ready().await;
    fixture
}

pub(crate) fn start_unready(parts: Parts, clock: FakeClock) -> Fixture {
    let (listener, base) = listener();
    let stop = Stop::new();
    let (own, word) = (parts.clone(), stop.clone());
    #[expect(
        clippy::disallowed_methods,
        reason = "the fixture's stop must not wait for the service that waits for it"
    )]
    tokio::spawn(async move { serve(listener, own, word).await.expect("the store serves") });
    let caller =
        |service| IncidentStore::new(Callee::new(Service::IncidentStore, &base, credentials(service)).unwrap());
    let (healer, operator) = (caller(Service::Healer), caller(Service::Kintsugi));
    let router = caller(Service::FaultRouter);
    Fixture { base: base.clone(), clock, parts, stop, healer, operator, router }
}

/// Another replica on the same database and the same Redis.
pub(crate) async fn beside(store: &Fixture) -> Fixture {
    let other = start_unready(store.parts.clone(), store.clock.clone());
    other.ready().await;
    other
}

fn catalogue() -> Catalogue {
    let target = |name: &str, severity: &str| {
        let text = format!(
            "name = '{name}'\nrepository = {{ url = '/nowhere', branch = 'main' }}\nlogs = {{ live = '/l', private = '/p' }}\n\
             faults = [{{ code = 'FAULT_A', marker = 'A', severity = '{severity}' }}, {{ code = 'FAULT_B', marker = 'B' }}]\n\
             patch = {{ language = 'python', files = ['a.py'] }}\nreset = [{{ file = 'a.py', template = 'a.txt' }}]\n\
             build = {{ outputs = [{{ from = 'a.py', to = 'a.py' }}] }}\ntest = {{ command = ['true'] }}\n\
             run = {{ command = ['true'], health = {{ path = '/' }} }}\n"
        );
        let target = Target::parse(&text).expect("a valid target");
        (target.name.clone(), target)
    };
    [target(TARGET, "critical"), target("second", "low")].into()
}

impl Fixture {
    pub(crate) async fn ready(&self) {
        let what = "the store is ready";
        eventually(what, Duration::from_secs(20), async || (self.get("/readyz", "").await.0 == 200).then_some(()))
            .await;
    }

    /// Status and body of a call; an empty caller sends no token.
    pub(crate) async fn call(&self, method: Method, path: &str, caller: &str, body: Option<String>) -> (u16, Value) {
        let mut request = reqwest::Client::new().request(method, format!("{}{path}", self.base));
        if !caller.is_empty() {
            request = request.bearer_auth(token(caller));
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.timeout(Duration::from_secs(10)).send().await.expect("an answer");
        let status = answer.status().as_u16();
        if status == 503 {
            assert!(answer.headers().contains_key("retry-after"), "a 503 says when to come back");
        }
        (status, serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str, caller: &str) -> (u16, Value) {
        self.call(Method::GET, path, caller, None).await
    }

    pub(crate) async fn post(&self, path: &str, caller: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, path, caller, Some(body.to_string())).await
    }

    /// A raw connection to the store's database.
    pub(crate) async fn sql(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(self.parts.database_url.expose_secret()).await.expect("a connection")
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// A fresh occurrence of a fault, now.
    pub(crate) async fn fault(&self, code: &str) -> Received {
        self.router.report(&detection(TARGET, code, self.now())).await.expect("the detection is taken")
    }

    pub(crate) async fn lease(&self) -> Option<Lease> {
        self.healer.lease(&asking(0)).await.expect("an answer")
    }

    /// A detected incident under a lease.
    pub(crate) async fn leased(&self) -> Lease {
        self.fault(FAULTS[0]).await;
        self.lease().await.expect("a lease")
    }

    pub(crate) async fn append(&self, lease: &Lease, position: i64, body: Body) -> Result<Event, CallError> {
        self.healer.append(lease.incident.id, &append(lease, position, &format!("k{position}"), body)).await
    }

    pub(crate) async fn release(&self, lease: &Lease, done: bool) -> Result<(), CallError> {
        self.healer
            .release(lease.incident.id, &Release { fence: lease.authority.fence, wake_at: None, done, seen: None })
            .await
    }

    /// Has a person resolve a leased incident: two events.
    pub(crate) async fn resolve(&self, lease: &Lease, from: i64) {
        let (reason, diagnosis) = (EscalationReason::NoRemedy, "none".to_owned());
        self.append(lease, from, Body::Escalated { reason, diagnosis }).await.expect("escalated");
        let note = serde_json::json!({"note": "done"});
        let (status, answer) = self.say(lease.incident.id, "resolve", "operator", &note).await;
        assert_eq!((status, answer["status"].as_str()), (200, Some("resolved")), "{answer}");
    }

    /// Gives a lease back, having read the journal to its end.
    pub(crate) async fn settle(&self, lease: &Lease) {
        let seen = self.operator.incident(lease.incident.id).await.expect("the incident").position;
        let release = Release { fence: lease.authority.fence, wake_at: None, done: true, seen: Some(seen) };
        self.healer.release(lease.incident.id, &release).await.expect("released");
    }

    /// Has a person say something to an incident.
    pub(crate) async fn say(&self, id: IncidentId, what: &str, caller: &str, body: &Value) -> (u16, Value) {
        self.post(&format!("/developer/incidents/api/incidents/{id}/{what}"), caller, body).await
    }

    pub(crate) async fn kinds(&self, incident: IncidentId) -> Vec<&'static str> {
        let journal = self.operator.journal(incident).await.expect("the journal");
        wire::chain::verify(&journal).expect("an unbroken chain");
        journal.iter().map(|event| event.body.kind()).collect()
    }
}

pub(crate) fn asking(wait_ms: u64) -> LeaseRequest {
    LeaseRequest { holder: "a healer".into(), ttl_ms: 10_000, wait_ms }
}

pub(crate) fn detection(target: &str, code: &str, at: DateTime<Utc>) -> Detection {
    Detection {
        target: target.parse().unwrap(),
        code: code.parse().unwrap(),
        event_id: EventId::fresh(),
        source: Source::Router,
        at,
        message: "it broke".into(),
        reason: None,
        line: None,
        context: Vec::new(),
        trace_parent: None,
        request_id: None,
        version: None,
        service: None,
        fields: Default::default(),
    }
}

pub(crate) fn append(lease: &Lease, position: i64, key: &str, body: Body) -> Append {
    let fence = lease.authority.fence;
    Append { position: wire::Position(position), fence, key: key.into(), body, trace_parent: None }
}

pub(crate) fn started(step: Step, attempt: u32) -> Body {
    Body::Started { step, attempt, option: None, policy: Digest::of("policy") }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, CallError>, status: u16, code: &str) {
    let error = answer.expect_err("a refusal");
    assert_eq!((error.status(), error.code()), (Some(status), Some(code)), "{error}");
}
