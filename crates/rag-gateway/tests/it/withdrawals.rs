//! Taking out what was given or learned.

use crate::knowledge::document;
use crate::plan::{lesson, request};
use crate::running::{Running, no_database, problem, start};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use wire::knowledge::{DocumentSource, Seeded, Withdrawn};
use wire::plan::{Lesson, Plan};

const SEED: &str = "/v1/documents/seed";

fn gizmo(id: &str, more: &str) -> String {
    let more = format!("language = \"rust\"\nfaults = [\"GIZMO_FAULT\"]\n{more}");
    document(("id = \"greeting", &format!("id = \"{id}")), &more)
}

const RULE: &str = "[rule]\nfix = \"x\"\nrule.pattern = \"y\"";

async fn give(service: &Running, texts: &[String]) -> Seeded {
    let documents: Vec<_> = texts.iter().map(|text| json!({ "name": "d.md", "text": text })).collect();
    service.ask(Method::POST, SEED, json!({ "documents": documents })).await
}

async fn remove(service: &Running, id: &str) -> (StatusCode, String) {
    service.send(Method::DELETE, &format!("/v1/documents/{id}"), Some(&testkit::token("operator")), "").await
}

#[track_caller]
fn removed(answer: &(StatusCode, String)) -> Withdrawn {
    assert_eq!(answer.0, StatusCode::OK, "{answer:?}");
    serde_json::from_str(&answer.1).expect("what is gone")
}

async fn options(service: &Running, code: &str) -> usize {
    service.plan(&request(code, "")).await.options.len()
}

#[tokio::test]
async fn a_given_document_is_gone_at_once_in_every_replica_and_after_a_restart_and_can_be_given_again() {
    let database = testkit::database().await;
    let (one, two) = (start(database.url()).ready().await, start(database.url()).ready().await);
    give(&one, &[gizmo("gizmo", RULE)]).await;
    assert_eq!((options(&one, "GIZMO_FAULT").await, options(&two, "GIZMO_FAULT").await), (1, 1));
    let gone = removed(&remove(&two, "gizmo").await);
    assert_eq!((gone.document.as_str(), gone.source), ("gizmo", DocumentSource::Given));
    for service in [&one, &two, &start(database.url()).ready().await] {
        assert_eq!(options(service, "GIZMO_FAULT").await, 0);
        assert_eq!(problem(&remove(service, "gizmo").await), (404, "not_found".into()));
    }
    let again = give(&one, &[gizmo("gizmo", RULE)]).await;
    assert_eq!((again.added, again.unchanged), (1, 0), "the very same text is new again");
    for service in [&one, &two, &start(database.url()).ready().await] {
        assert_eq!(options(service, "GIZMO_FAULT").await, 1);
    }
}

#[tokio::test]
async fn a_wrong_lesson_is_taken_out_and_what_it_said_of_its_remedy_with_it() {
    const FAULT: &str = "FAULT_SQL_INJECTION_TEST";
    let database = testkit::database().await;
    let (one, two) = (start(database.url()).ready().await, start(database.url()).ready().await);
    let asked = request(FAULT, "refused");
    let before = one.plan(&asked).await;
    let remedy = before.options[0].remedy.clone();
    let wrong = lesson(FAULT, "refused", remedy.clone(), false);
    let right = lesson(FAULT, "refused by the server", remedy.clone(), true);
    for told in [&wrong, &right, &Lesson { symptoms: "again".into(), ..wrong.clone() }] {
        assert_eq!(one.learn(told).await.0, StatusCode::OK);
    }
    let confidence = |plan: &Plan| plan.options.iter().find(|option| option.remedy == remedy).unwrap().confidence;
    let doubted = confidence(&two.plan(&asked).await);
    let id = format!("lesson-{}", wrong.incident);
    assert_eq!(removed(&remove(&one, &id).await).source, DocumentSource::Learned);
    for service in [&one, &two, &start(database.url()).ready().await] {
        let plan = service.plan(&asked).await;
        assert!(confidence(&plan) > doubted, "neither of its failures counts: {plan:?}");
        assert!(plan.retrieval.neighbours.iter().all(|near| near.document != id), "{plan:?}");
        let status: wire::knowledge::KnowledgeStatus = service.ask(Method::GET, "/v1/status", json!({})).await;
        assert_eq!(status.lessons, 1, "the right one stays");
        assert_eq!(problem(&remove(service, &id).await).0, 404);
    }
    let newer = Lesson { symptoms: "it came back".into(), healed: true, ..wrong.clone() };
    assert_eq!(two.learn(&newer).await.0, StatusCode::OK);
    let known: wire::knowledge::Document = one.ask(Method::GET, &format!("/v1/documents/{id}"), json!({})).await;
    assert_eq!(known.symptoms, "it came back", "what is learned later counts again");
}

#[tokio::test]
async fn what_is_not_to_be_taken_out_says_why() {
    let service = start(testkit::database().await.url()).ready().await;
    give(&service, &[gizmo("gizmo", RULE), gizmo("other", "cure = \"gizmo\"")]).await;
    let refused = async |id: &str| {
        let answer = remove(&service, id).await;
        (problem(&answer).0, problem(&answer).1, answer.1)
    };
    let (status, code, text) = refused("mode-disk-full").await;
    assert_eq!((status, code.as_str()), (409, "in_the_folder"));
    assert!(text.contains("remove the file there"), "{text}");
    let (status, code, text) = refused("gizmo").await;
    assert_eq!((status, code.as_str()), (409, "cure_is_shared"));
    assert!(text.contains("other"), "{text}");
    removed(&remove(&service, "other").await);
    removed(&remove(&service, "gizmo").await);
    for id in ["nothing", "lesson-", "lesson-x", "..%2f..", "lesson-01932c07-209c-7e2f-a1c4-6f3c5d8e9b10"] {
        assert_eq!(problem(&remove(&service, id).await).0, 404, "{id}");
    }
    let healer = service.as_healer(Method::DELETE, "/v1/documents/mode-disk-full", "").await;
    assert_eq!(problem(&healer), (403, "forbidden".into()), "only a person takes something out");
}

#[tokio::test]
async fn without_the_database_nothing_is_taken_out() {
    let service = start(no_database());
    let up = async || reqwest::get(format!("{}/healthz", service.base)).await.ok().map(|_| ());
    testkit::eventually("the service", Duration::from_secs(5), up).await;
    assert_eq!(problem(&remove(&service, "mode-disk-full").await), (503, "unavailable".into()));
}
