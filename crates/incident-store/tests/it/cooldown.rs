//! The cooldown: what turned out to be nothing is counted, not opened again; a reset ends it; a storm waits for nobody.

use crate::people::plan;
use crate::setup::{FAULTS, Fixture, detection, start, start_with, started};
use chrono::TimeDelta;
use deadpool_redis::redis::{self, AsyncCommands};
use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use std::time::Duration;
use wire::IncidentId;
use wire::detection::Disposition::{Created, Duplicate, Joined, Reopened};
use wire::event::{Body, Step};
use wire::incident::Status;
use wire::plan::Verdict;
use wire::relief::Withdrawn;

async fn dismissed(store: &Fixture) -> IncidentId {
    let id = store.fault(FAULTS[0]).await.incident;
    let (status, answer) = store.say(id, "dismiss", "operator", &json!({"verdict": "noise"})).await;
    assert_eq!(status, 200, "{answer}");
    id
}

#[tokio::test]
async fn a_fault_that_was_dismissed_is_counted_until_the_cooldown_ends() {
    let store = start_with(|parts| parts.settings.cooldown_s = 60).await;
    let id = dismissed(&store).await;
    store.pass(30);
    let joined = store.fault(FAULTS[0]).await;
    assert_eq!((joined.incident, joined.disposition), (id, Joined));
    let incident = store.operator.incident(id).await.unwrap();
    assert_eq!((incident.occurrences, incident.status), (2, Status::Dismissed));
    assert_eq!(store.fault(FAULTS[1]).await.disposition, Created, "another fault is another matter");
    // What it held back does not draw it out.
    store.pass(30);
    let new = store.fault(FAULTS[0]).await;
    assert_eq!(new.disposition, Created);
    assert_ne!(new.incident, id);
}

#[tokio::test]
async fn a_cure_that_did_not_last_is_never_held_back() {
    let store = start_with(|parts| parts.settings.cooldown_s = 3_600).await;
    let lease = store.leased().await;
    store.resolve(&lease, 2).await;
    store.pass(5);
    assert_eq!(store.fault(FAULTS[0]).await.disposition, Reopened);
}

#[tokio::test]
async fn a_reset_ends_it_and_takes_the_marker_away() {
    let mut redis = redis::Client::open(testkit::redis()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let store = start_with(|parts| {
        parts.redis_url = Some(testkit::redis().into());
        // A target of its own: every test's store shares the server.
        let mut target = parts.catalogue.values().next().expect("a target").clone();
        target.name = "cooled".parse().unwrap();
        parts.catalogue.insert(target.name.clone(), target);
    })
    .await;
    let fault = async || store.router.report(&detection("cooled", FAULTS[0], store.now())).await.unwrap();
    let id = fault().await.incident;
    assert_eq!(store.say(id, "dismiss", "operator", &json!({"verdict": "recovered"})).await.0, 200);
    let key = format!("kintsugi:cooldown:cooled:{}", FAULTS[0]);
    let left: i64 = redis.pttl(&key).await.unwrap();
    assert!((1..=300_000).contains(&left), "{left}");
    assert_eq!(fault().await.disposition, Joined);
    store.operator.reset().await.unwrap();
    let left: i64 = redis.pttl(&key).await.unwrap();
    assert_eq!(left, -2, "it is gone");
    store.pass(1);
    assert_eq!(fault().await.disposition, Created);
}

#[tokio::test]
async fn without_redis_it_is_the_same() {
    let store = start_with(|parts| parts.redis_url = Some("redis://127.0.0.1:9".to_owned().into())).await;
    let id = dismissed(&store).await;
    assert_eq!(store.fault(FAULTS[0]).await.incident, id);
    store.operator.reset().await.unwrap();
    store.pass(1);
    assert_eq!(store.fault(FAULTS[0]).await.disposition, Created);
}

#[tokio::test]
async fn what_was_eased_until_it_was_over_is_no_noise_and_opens_an_incident_when_it_comes_again() {
    let store = start_with(|parts| parts.settings.cooldown_s = 60).await;
    let lease = store.leased().await;
    let until = store.now() + TimeDelta::seconds(900);
    let report = json!({"replay": "kr-1", "code": FAULTS[0], "judgement": "met", "why": "", "took_ms": 1.0});
    let (what, why) = ("older answers".to_owned(), "it is over".to_owned());
    let bodies = [
        started(Step::Relieve, 1),
        Body::Relieved { what: what.clone(), until },
        started(Step::Analyze, 1),
        plan(),
        Body::Mitigated { what: what.clone() },
        started(Step::Verify, 1),
        Body::Verified { report: serde_json::from_value(report).unwrap() },
        started(Step::Withdraw, 1),
        Body::Withdrawn(Withdrawn { what, answered: Some(0) }),
        Body::Dismissed { verdict: Verdict::Recovered, why },
    ];
    for (position, body) in (2..).zip(bodies) {
        store.append(&lease, position, body).await.unwrap();
    }
    store.settle(&lease).await;
    let again = store.fault(FAULTS[0]).await;
    assert_eq!(again.disposition, Created);
    assert_ne!(again.incident, lease.incident.id);
}

#[tokio::test]
async fn no_cooldown_is_none() {
    let store = start_with(|parts| parts.settings.cooldown_s = 0).await;
    dismissed(&store).await;
    assert_eq!(store.fault(FAULTS[0]).await.disposition, Created);
}

#[tokio::test]
async fn a_storm_is_counted_without_waiting_for_whoever_holds_the_incident() {
    let store = start_with(|parts| parts.settings.database_limit_ms = 2_000).await;
    let id = store.fault(FAULTS[0]).await.incident;
    let mut sql = store.sql().await;
    // As if its journal had told of as many as it may.
    let full = "UPDATE incidents SET occurrences = 500, state = jsonb_set(state, '{occurrences}', '500')";
    sql.batch_execute(full).await.unwrap();
    assert_eq!(store.fault(FAULTS[0]).await.disposition, Joined);
    sql.batch_execute("BEGIN; SELECT 1 FROM incidents FOR NO KEY UPDATE; SELECT 1 FROM healing FOR UPDATE")
        .await
        .unwrap();
    for _ in 0..20 {
        let one = detection("first", FAULTS[0], store.now());
        let first = store.router.report(&one).await.expect("taken while the rows are held");
        assert_eq!((first.incident, first.disposition), (id, Joined));
        assert_eq!(store.router.report(&one).await.unwrap().disposition, Duplicate);
    }
    sql.batch_execute("ROLLBACK").await.unwrap();
    let detail = store.operator.detail(id).await.unwrap();
    assert_eq!((detail.occurrences_total, detail.incident.occurrences), (500, 500));
    let counted: i64 = {
        use diesel_async::RunQueryDsl;
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        diesel::sql_query("SELECT count(*) AS count FROM occurrences")
            .get_result::<Count>(&mut sql)
            .await
            .unwrap()
            .count
    };
    assert_eq!(counted, 22, "none is lost");
}

#[tokio::test]
async fn what_is_marked_and_over_is_looked_at_with_locks() {
    let store = start().await;
    let id = dismissed(&store).await;
    // The marker lives by the machine's clock, the cooldown by the service's: the marker is still there.
    store.pass(301);
    let new = store.fault(FAULTS[0]).await;
    assert_eq!(new.disposition, Created);
    assert_ne!(new.incident, id);
    tokio::time::timeout(Duration::from_secs(5), store.operator.incident(new.incident)).await.unwrap().unwrap();
}
