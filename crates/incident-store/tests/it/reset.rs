//! Reset All: everything of the epoch before is over, and what did not work is said.

use crate::setup::{FAULTS, Fixture, TARGET, detection, refused, start, start_unready, start_with, started};
use actix_web::{HttpResponse, web};
use chassis::auth::{Allow, Role};
use chassis::server::Server;
use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{credentials, eventually, listener};
use wire::detection::Disposition::{Created, Joined};
use wire::event::{Body, Step};
use wire::incident::Status;
use wire::reset::ResetReport;
use wire::{Epoch, Service};

/// A patcher that remembers what it was asked and answers as it is told: by target.
#[derive(Clone, Default)]
struct Patcher {
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    refuses: Arc<Mutex<Vec<String>>>,
}

const STORE: &[Role] = &[Role::Service(Service::IncidentStore)];

async fn restore(
    patcher: web::Data<Patcher>,
    key: web::Path<(String, String)>,
    task: web::Json<Value>,
) -> HttpResponse {
    let (scope, step) = key.into_inner();
    let key = json!({"scope": scope, "step": step});
    let refuses = patcher.refuses.lock().unwrap().contains(&step);
    patcher.asked.lock().unwrap().push((format!("{scope}/{step}"), task.into_inner()));
    let outcome = if refuses {
        json!({"outcome": "refused", "code": "push_rejected", "why": "the branch is protected"})
    } else {
        json!({"outcome": "pushed", "commit": "a".repeat(40), "tree": "b".repeat(40)})
    };
    HttpResponse::Ok().json(json!({"key": key, "state": "done", "outcome": outcome}))
}

impl Patcher {
    fn start(&self) -> String {
        let (listener, base) = listener();
        let patcher = web::Data::new(self.clone());
        let server = Server::new(Service::Patcher, credentials(Service::Patcher));
        let serve = server.serve(listener, chassis::Stop::new(), move |cfg| {
            let route = web::resource("/v1/operations/{scope}/{step}").route(web::put().to(restore)).wrap(Allow(STORE));
            cfg.app_data(patcher.clone()).service(route);
        });
        #[expect(clippy::disallowed_methods, reason = "a fake that ends with the test")]
        tokio::spawn(serve);
        base
    }

    fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> = self.asked.lock().unwrap().iter().map(|(key, _)| key.clone()).collect();
        asked.sort();
        asked
    }
}

async fn store_with(patcher: &Patcher) -> Fixture {
    let base = patcher.start();
    start_with(|parts| {
        parts.settings.patcher = base;
        parts.settings.reset_limit_s = 10;
    })
    .await
}

fn outcomes(report: &ResetReport) -> Vec<(&str, bool)> {
    report.code_reset.iter().map(|code| (code.target.as_str(), code.push.is_some())).collect()
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_recovery_ends_it_and_restores_the_files() {
    let patcher = Patcher::default();
    let store = store_with(&patcher).await;
    let lease = store.leased().await;
    store.append(&lease, 2, started(Step::Analyze, 1)).await.unwrap();
    let other = store.fault(FAULTS[1]).await.incident;

    let report = store.operator.reset().await.unwrap();
    assert_eq!((report.epoch, report.archived, report.leases_revoked), (Epoch(2), 2, 1));
    assert!(report.complete && report.paused, "{report:?}");
    assert_eq!(outcomes(&report), [(TARGET, true), ("second", true)]);
    assert_eq!(patcher.asked(), ["reset-2/first", "reset-2/second"]);
    assert_eq!(patcher.asked.lock().unwrap()[0].1["task"], "reset");

    let late = store.append(&lease, 3, Body::Mitigated { what: String::new() }).await;
    refused(late, 409, "epoch_stale");
    let renew = wire::lease::Renew { fence: lease.authority.fence, ttl_ms: 1_000 };
    refused(store.healer.renew(lease.incident.id, &renew).await, 409, "epoch_stale");
    refused(store.release(&lease, true).await, 409, "epoch_stale");
    assert_eq!(store.kinds(lease.incident.id).await, ["detected", "started", "archived"]);
    assert_eq!(store.operator.incident(other).await.unwrap().status, Status::Archived);
    assert!(store.operator.incidents(100, false).await.unwrap().incidents.is_empty());
    assert_eq!(store.operator.incidents(100, true).await.unwrap().incidents.len(), 2);
    assert_eq!(store.operator.incidents(1, true).await.unwrap().incidents[0].id, other, "newest first");

    // The fault is back, and is another incident, which waits until healing is resumed.
    store.pass(1);
    let back = store.fault(FAULTS[0]).await;
    assert_eq!(back.disposition, Created);
    assert_eq!(store.lease().await, None);
    let state = store.operator.resume().await.unwrap();
    assert_eq!((state.epoch, state.paused, state.reset_at), (Epoch(2), false, Some(report.reset_at)));
    let next = store.lease().await.expect("a lease");
    assert_eq!((next.incident.id, next.authority.epoch), (back.incident, Epoch(2)));
    assert!(next.authority.fence > lease.authority.fence);
}

#[tokio::test]
async fn a_line_from_before_the_reset_opens_nothing() {
    let store = store_with(&Patcher::default()).await;
    let first = store.fault(FAULTS[0]).await;
    let before = store.now();
    store.pass(10);
    store.operator.reset().await.unwrap();
    let late = store.router.report(&detection(TARGET, FAULTS[0], before)).await.unwrap();
    assert_eq!((late.incident, late.disposition), (first.incident, Joined));
    assert!(store.operator.incidents(100, false).await.unwrap().incidents.is_empty());
}

#[tokio::test]
async fn a_second_reset_has_nothing_left_to_archive() {
    let store = store_with(&Patcher::default()).await;
    store.fault(FAULTS[0]).await;
    let (one, two) = tokio::join!(store.operator.reset(), store.operator.reset());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.archived + two.archived, 1);
    assert_ne!(one.epoch, two.epoch);
    let third = store.operator.reset().await.unwrap();
    assert_eq!((third.epoch, third.archived, third.leases_revoked), (Epoch(4), 0, 0));
}

#[tokio::test]
async fn what_did_not_work_is_said() {
    let patcher = Patcher::default();
    patcher.refuses.lock().unwrap().push("second".into());
    let store = store_with(&patcher).await;
    let report = store.operator.reset().await.unwrap();
    assert!(!report.complete, "a refused push is not a reset");
    assert_eq!(outcomes(&report), [(TARGET, true), ("second", true)]);

    // Nobody listens at the patcher's address.
    let store = start().await;
    let begun = Instant::now();
    let report = store.operator.reset().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "the call has a limit");
    assert!(!report.complete);
    assert!(report.code_reset.iter().all(|code| code.problem.is_some()), "{report:?}");
    let (status, data) = store.get("/developer/incidents/api/data", "operator").await;
    assert_eq!((status, &data["state"]["epoch"], &data["reset_pending"]), (200, &json!(2), &json!([])));
}

#[tokio::test]
async fn a_reset_that_a_crash_interrupted_is_finished_by_the_next_start() {
    let patcher = Patcher::default();
    let store = store_with(&patcher).await;
    let mut sql = store.sql().await;
    sql.batch_execute("UPDATE healing SET epoch = 7, paused = true, reset_at = now(), reset_pending = '{first}'")
        .await
        .unwrap();
    let (_, data) = store.get("/developer/incidents/api/data", "operator").await;
    assert_eq!(data["reset_pending"], json!(["first"]));
    let next = start_unready(store.parts.clone(), store.clock.clone());
    eventually("the reset is finished", Duration::from_secs(10), async || {
        let (_, data) = next.get("/developer/incidents/api/data", "operator").await;
        (data["reset_pending"] == json!([])).then_some(())
    })
    .await;
    assert_eq!(patcher.asked(), ["reset-7/first"]);
}

#[tokio::test]
async fn a_reset_among_detections_leaves_no_incident_of_the_epoch_before() {
    let store = store_with(&Patcher::default()).await;
    let storm = futures::future::join_all((0..20).map(|_| store.fault(FAULTS[0])));
    let (_, report) = tokio::join!(storm, store.operator.reset());
    assert!(report.unwrap().complete);
    for incident in store.operator.incidents(100, true).await.unwrap().incidents {
        let wanted = if incident.status == Status::Archived { Epoch(1) } else { Epoch(2) };
        assert_eq!(incident.epoch, wanted);
        store.kinds(incident.id).await;
    }
}
