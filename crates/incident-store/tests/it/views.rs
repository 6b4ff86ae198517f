//! Pages of incidents, and one whole.

use crate::setup::{FAULTS, Fixture, start, started};
use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wire::event::{Body, EscalationReason, Step};

/// Many incidents that look like a real one, a second apart.
async fn many(store: &Fixture, count: usize) {
    let id = store.fault(FAULTS[0]).await.incident;
    let sql = format!(
        "INSERT INTO incidents (id, target, code, status, open, under_way, epoch, position, head, occurrences, detected_at, updated_at, done, state) \
         SELECT one.id, 'second', code, 'dismissed', false, false, epoch, position, head, occurrences, detected_at - n / 3 * interval '1 second', \
         updated_at, true, state || jsonb_build_object('id', one.id, 'target', 'second', 'status', 'dismissed') \
         FROM incidents, LATERAL (SELECT n, gen_random_uuid() AS id FROM generate_series(1, {count}) AS n) AS one WHERE incidents.id = '{id}'"
    );
    store.sql().await.batch_execute(&sql).await.expect("written");
}

async fn data(store: &Fixture, query: &str) -> Value {
    let (status, data) = store.get(&format!("/developer/incidents/api/data?{query}"), "operator").await;
    assert_eq!(status, 200, "{data}");
    data
}

#[tokio::test]
async fn every_incident_is_on_exactly_one_page() {
    let store = start().await;
    many(&store, 250).await;
    let (mut ids, mut next, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.operator.incidents_before(100, true, next.as_deref()).await.unwrap();
        ids.extend(page.incidents.iter().map(|incident| incident.id));
        pages += 1;
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!((ids.len(), pages), (251, 3));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 251);
    // The same for the dashboard, also where many were detected at the same moment.
    let (mut seen, mut query) = (Vec::new(), "limit=7".to_owned());
    loop {
        let page = data(&store, &query).await;
        seen.extend(page["incidents"].as_array().unwrap().iter().map(|incident| incident["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("limit=7&before={next}");
    }
    assert_eq!(json!(seen), json!(ids));
}

#[tokio::test]
async fn a_list_is_filtered_and_a_wrong_filter_says_what_would_be_right() {
    let store = start().await;
    many(&store, 5).await;
    let count = async |query: &str| data(&store, query).await["incidents"].as_array().unwrap().len();
    assert_eq!(count("").await, 6);
    assert_eq!(count("status=dismissed").await, 5);
    assert_eq!(count("status=dismissed,detected").await, 6);
    assert_eq!(count("target=first").await, 1);
    assert_eq!(count("target=second&status=detected").await, 0);
    assert_eq!(count("code=FAULT_B").await, 0);
    let since = (store.now() - chrono::TimeDelta::milliseconds(500)).format("%Y-%m-%dT%H:%M:%S.%fZ").to_string();
    assert_eq!(count(&format!("since={since}")).await, 3);
    assert_eq!(count("limit=2").await, 2);
    store.operator.reset().await.unwrap();
    assert_eq!((count("").await, count("archived=false").await), (6, 0));
    for wrong in ["status=healed", "target=..", "code=a b", "since=yesterday", "before=x", "limit=-1"] {
        let (status, problem) = store.get(&format!("/developer/incidents/api/data?{wrong}"), "operator").await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("bad_request")), "{wrong}");
    }
}

#[tokio::test]
async fn an_incident_is_told_whole() {
    let store = start().await;
    let lease = store.leased().await;
    let id = lease.incident.id;
    store.append(&lease, 2, started(Step::Analyze, 1)).await.unwrap();
    let (reason, diagnosis) = (EscalationReason::NoRemedy, "Look at the pool.".to_owned());
    store.append(&lease, 3, Body::Escalated { reason, diagnosis }).await.unwrap();
    let detail = store.operator.detail(id).await.unwrap();
    assert_eq!((detail.events.len(), detail.truncated), (3, false));
    assert_eq!(detail.events, store.operator.journal(id).await.unwrap());
    let titles: Vec<&str> = detail.story.iter().map(|chapter| chapter.title.as_str()).collect();
    assert_eq!(titles, ["The fault was seen", "A person is needed"]);
    assert!(detail.story[1].text.ends_with("Look at the pool."), "{:?}", detail.story[1]);
    assert!(detail.check.holds, "{}", detail.check.text);
    assert_eq!(detail.check.found.unwrap().events, 3);
    assert_eq!(detail.actions, ["resolve", "dismiss", "retry"]);
    assert_eq!(detail.stages[0].stage, wire::span::Stage::Line);
}

#[tokio::test]
async fn a_row_or_an_event_that_was_edited_is_found() {
    let store = start().await;
    let id = store.fault(FAULTS[0]).await.incident;
    let mut sql = store.sql().await;
    sql.batch_execute("UPDATE incidents SET state = jsonb_set(state, '{status}', '\"resolved\"')").await.unwrap();
    let check = store.operator.detail(id).await.unwrap().check;
    assert!(!check.holds && check.text.contains("status differs"), "{}", check.text);
    sql.batch_execute("UPDATE incidents SET state = jsonb_set(state, '{status}', '\"detected\"')").await.unwrap();
    assert!(store.operator.detail(id).await.unwrap().check.holds);
    let edit =
        "UPDATE incident_events SET payload = jsonb_set(payload, '{detection,message}', '\"it was somebody else\"')";
    sql.batch_execute(edit).await.unwrap();
    let check = store.operator.detail(id).await.unwrap().check;
    assert!(!check.holds && check.text.contains("hash"), "{}", check.text);
}

#[tokio::test]
async fn what_is_read_among_writers_is_always_of_one_moment() {
    let store = start().await;
    let id = store.fault(FAULTS[0]).await.incident;
    let writing = async {
        for _ in 0..40 {
            store.fault(FAULTS[0]).await;
        }
    };
    let reading = async {
        for _ in 0..40 {
            let check = store.operator.detail(id).await.unwrap().check;
            assert!(check.holds, "{}", check.text);
        }
    };
    tokio::join!(writing, reading);
}
