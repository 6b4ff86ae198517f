//! Learning, with a real PostgreSQL.

use crate::plan::{lesson, request};
use crate::running::{no_database, problem, start};
use database::Db;
use diesel_async::SimpleAsyncConnection;
use rag_gateway::store::MIGRATIONS;
use reqwest::StatusCode;
use std::time::Duration;
use wire::knowledge::DocumentPage;
use wire::plan::{Learned, Lesson, Plan, Remedy, Verdict};

const FAULT: &str = "FAULT_SQL_INJECTION_TEST";

fn remedy_of(plan: &Plan) -> Remedy {
    plan.options.first().unwrap_or_else(|| panic!("an option: {plan:?}")).remedy.clone()
}

#[tokio::test]
async fn what_was_learned_is_found_at_once_in_every_replica_and_after_a_restart() {
    let database = testkit::database().await;
    let (one, two) = (start(database.url()).ready().await, start(database.url()).ready().await);
    let known = remedy_of(&one.plan(&request(FAULT, "refused")).await);
    let odd = "gizmo frobnicator quux overflow in widget assembly";
    assert_eq!(one.plan(&request("ODD_FAULT", odd)).await.verdict, Verdict::Unknown);

    let told = lesson("ODD_FAULT", odd, known.clone(), true);
    let (status, body) = one.learn(&told).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let learned: Learned = serde_json::from_str(&body).expect("an answer");
    let third = start(database.url()).ready().await;
    for replica in [&one, &two, &third] {
        let plan = replica.plan(&request("ODD_FAULT", "quux overflow: frobnicator of the gizmo")).await;
        assert_eq!(remedy_of(&plan), known);
        assert!(plan.retrieval.neighbours.iter().any(|near| near.document == learned.document), "{plan:?}");
        assert_eq!(plan.retrieval.engine, "lexical");
    }
    let (_, body) = two.as_healer(reqwest::Method::GET, "/v1/documents?limit=1000", "").await;
    let page: DocumentPage = serde_json::from_str(&body).expect("a page");
    let entry = |id: &str| page.documents.iter().find(|entry| entry.id == id).unwrap_or_else(|| panic!("{page:?}"));
    assert!(entry("sql-select-without-list").has_rule && entry(&learned.document).has_rule);
}

#[tokio::test]
async fn the_same_lesson_again_counts_once_and_an_incident_opened_again_is_learned_again() {
    let database = testkit::database().await;
    let service = start(database.url()).ready().await;
    let remedy = remedy_of(&service.plan(&request(FAULT, "refused")).await);
    let told = lesson(FAULT, "a symptom", remedy, true);
    let first = service.learn(&told).await;
    assert_eq!(first.0, StatusCode::OK, "{first:?}");
    let once = service.plan(&request(FAULT, "refused")).await;
    assert_eq!(service.learn(&told).await, first);
    assert_eq!(service.plan(&request(FAULT, "refused")).await.options, once.options, "it counted twice");

    let again = Lesson { symptoms: "gizmo frobnicator".into(), healed: false, ..told.clone() };
    assert_eq!(service.learn(&again).await, first, "one document an incident");
    let plan = service.plan(&request(FAULT, "refused")).await;
    assert!(plan.options[0].confidence < once.options[0].confidence, "both outcomes count: {plan:?}");
    let (_, body) = service.as_healer(reqwest::Method::GET, "/v1/documents?limit=1000", "").await;
    let page: DocumentPage = serde_json::from_str(&body).expect("a page");
    let learned: Vec<_> = page.documents.iter().filter(|entry| entry.id.starts_with("lesson-")).collect();
    assert_eq!(learned.len(), 1, "{learned:?}");
    assert!(learned[0].title.ends_with("not healed"), "the newest tells: {learned:?}");
}

#[tokio::test]
async fn a_remedy_that_failed_is_remembered_as_failed() {
    let database = testkit::database().await;
    let service = start(database.url()).ready().await;
    let asked = request(FAULT, "refused");
    let before = service.plan(&asked).await;
    let remedy = remedy_of(&before);
    let confidence = |plan: &Plan| {
        let option = plan.options.iter().find(|option| option.remedy == remedy);
        option.unwrap_or_else(|| panic!("it is an option still: {plan:?}")).confidence
    };
    assert_eq!(service.learn(&lesson(FAULT, "refused", remedy.clone(), false)).await.0, StatusCode::OK);
    let failed = service.plan(&asked).await;
    assert!(confidence(&failed) < confidence(&before), "{failed:?}");
    assert!(failed.options.len() > 1 && failed.options.last().is_some_and(|last| last.remedy == remedy), "{failed:?}");
    assert_eq!(service.learn(&lesson(FAULT, "refused", remedy.clone(), true)).await.0, StatusCode::OK);
    assert!(confidence(&service.plan(&asked).await) > confidence(&failed));
}

#[tokio::test]
async fn without_the_database_plans_come_from_the_folder_and_lessons_are_refused() {
    let service = start(no_database());
    let up = async || reqwest::get(format!("{}/healthz", service.base)).await.ok().map(|_| ());
    testkit::eventually("the service", Duration::from_secs(5), up).await;
    let plan = service.plan(&request(FAULT, "refused")).await;
    assert_eq!(plan.verdict, Verdict::CodeFault);
    assert!(!plan.options.is_empty() && plan.retrieval.engine.contains("does not answer"), "{plan:?}");
    let refused = service.learn(&lesson(FAULT, "s", Remedy::Unknown, true)).await;
    assert_eq!(problem(&refused), (503, "unavailable".into()));
    let readiness = service.send(reqwest::Method::GET, "/readyz", None, "").await;
    assert_eq!(problem(&readiness), (503, "unavailable".into()));
}

#[tokio::test]
async fn migrations_go_up_and_down_on_tables_that_hold_something() {
    let database = testkit::database().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/rag-gateway");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}.sql")).expect("a migration's file");
    let db = Db::new(&database.url(), 1).expect("a pool");
    for _ in 0..2 {
        Db::migrate(&database.url(), MIGRATIONS, Duration::from_secs(20)).await.expect("up, and nothing to do again");
    }
    let [lessons, knowledge, withdrawals] =
        ["2026-11-22-000000_lessons", "2026-11-23-000000_knowledge", "2026-11-23-000100_withdrawals"];
    let steps = [
        (lessons, "sample"),
        (knowledge, "sample"),
        (withdrawals, "sample"),
        (withdrawals, "down"),
        (knowledge, "down"),
        (lessons, "down"),
        (lessons, "up"),
        (lessons, "sample"),
        (knowledge, "up"),
        (withdrawals, "up"),
        (withdrawals, "sample"),
    ];
    let sql: Vec<String> = steps.iter().map(|(folder, name)| read(&format!("{folder}/{name}"))).collect();
    let sql = sql.join(";\n");
    db.run(|conn| Box::pin(async move { Ok::<_, database::DbError>(conn.batch_execute(&sql).await?) }))
        .await
        .expect("down and up");
}
