//! The service with a model: a tiny one of random weights, which is enough to see that the halves are put together.

use crate::plan::lesson;
use crate::running::{Running, settings, start, start_with};
use database::Db;
use diesel_async::RunQueryDsl;
use rag_gateway::Settings;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use wire::knowledge::{KnowledgeStatus, SearchAnswer};
use wire::plan::Remedy;

const STATUS: &str = "/v1/status";

/// The service with the tiny model, when every document has its vectors.
async fn with_model(url: SecretString) -> (Running, tempfile::TempDir) {
    let (guard, model) = testkit::model::folder();
    let service = start_with(Settings { model, ..settings() }, url).ready().await;
    caught_up(&service).await;
    (service, guard)
}

async fn caught_up(service: &Running) -> KnowledgeStatus {
    testkit::eventually("every vector", Duration::from_secs(20), async || {
        let status: KnowledgeStatus = service.ask(Method::GET, STATUS, json!({})).await;
        (status.vectors > 0 && status.vectors_pending == 0).then_some(status)
    })
    .await
}

async fn search(service: &Running, query: &str) -> SearchAnswer {
    service.ask(Method::POST, "/v1/search", json!({ "query": query, "limit": 3 })).await
}

#[derive(diesel::QueryableByName)]
struct Kept {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    written: i64,
}

/// How many vectors are kept, and the sum of the transactions that wrote them.
async fn kept(url: &SecretString) -> (i64, i64) {
    let sql = "SELECT count(*) AS n, coalesce(sum(xmin::text::bigint), 0)::bigint AS written FROM vectors";
    let db = Db::new(url, 1).expect("a pool");
    let rows: Vec<Kept> = db
        .run(|conn| Box::pin(async move { Ok::<_, database::DbError>(diesel::sql_query(sql).load(conn).await?) }))
        .await
        .expect("the table");
    rows.into_iter().map(|row| (row.n, row.written)).next().expect("one row")
}

#[tokio::test]
async fn with_a_model_words_and_meaning_answer_together_and_vectors_are_made_once() {
    let database = testkit::database().await;
    let (first, _guard) = with_model(database.url()).await;
    let answer = search(&first, "the database pool is empty").await;
    assert_eq!((answer.engine.as_str(), &answer.reason), ("lexical+semantic", &None));
    assert_eq!(answer.neighbours.len(), 3);
    for near in &answer.neighbours {
        assert!(near.semantic.is_some() && near.lexical.is_some() && near.confidence.is_some(), "{near:?}");
    }
    let before = kept(&database.url()).await;
    assert!(before.0 > 40, "{before:?}");

    let (second, _guard) = with_model(database.url()).await;
    assert_eq!(search(&second, "the database pool is empty").await, answer, "a replica answers alike");
    assert_eq!(kept(&database.url()).await, before, "nothing was computed and written again");
}

#[tokio::test]
async fn a_lesson_is_found_by_its_words_at_once_and_gets_its_vector_behind_the_answers() {
    let database = testkit::database().await;
    let (service, _guard) = with_model(database.url()).await;
    let before = caught_up(&service).await;
    let told = lesson("ODD_FAULT", "gizmo frobnicator quux overflow", Remedy::Unknown, true);
    assert_eq!(service.learn(&told).await.0, 200);
    let near = search(&service, "quux overflow of the gizmo").await.neighbours;
    let learned = format!("lesson-{}", told.incident);
    assert!(near.iter().any(|near| near.document == learned), "{near:?}");
    testkit::eventually("its vector", Duration::from_secs(20), async || {
        let status: KnowledgeStatus = service.ask(Method::GET, STATUS, json!({})).await;
        (status.vectors == before.vectors + 1 && status.lessons == 1).then_some(())
    })
    .await;
    let near = search(&service, "quux overflow of the gizmo").await.neighbours;
    assert!(near.iter().any(|near| near.document == learned && near.semantic.is_some()), "{near:?}");
}

#[tokio::test]
async fn without_a_model_words_serve_and_it_says_why_until_there_is_one() {
    let database = testkit::database().await;
    let (_guard, model) = testkit::model::folder();
    let (weights, aside) = (model.join("model.safetensors"), model.join("aside"));
    std::fs::rename(&weights, &aside).expect("renamed");
    let service = start_with(Settings { model: model.clone(), ..settings() }, database.url()).ready().await;
    let status = testkit::eventually("a reason", Duration::from_secs(10), async || {
        let status: KnowledgeStatus = service.ask(Method::GET, STATUS, json!({})).await;
        status.reason.as_ref().is_some_and(|why| why.contains("scripts/model")).then_some(status)
    })
    .await;
    assert_eq!((status.engine.as_str(), status.model, status.vectors), ("lexical", None, 0));
    let answer = search(&service, "no space left on device").await;
    assert_eq!((answer.engine.as_str(), answer.abstains), ("lexical", false), "{answer:?}");
    assert!(answer.neighbours[0].semantic.is_none() && answer.reason.is_some(), "{answer:?}");

    std::fs::rename(&aside, &weights).expect("renamed");
    let _: wire::knowledge::Seeded = service.ask(Method::POST, "/v1/documents/seed", json!({})).await;
    assert_eq!(caught_up(&service).await.engine, "lexical+semantic", "a seed looks for a model again");
}

#[tokio::test]
async fn a_broken_model_is_named_and_words_go_on() {
    let database = testkit::database().await;
    let (_guard, model) = testkit::model::folder();
    std::fs::write(model.join("vocab.txt"), "one\n").expect("written");
    let service = start_with(Settings { model, ..settings() }, database.url()).ready().await;
    testkit::eventually("a reason", Duration::from_secs(10), async || {
        let status: KnowledgeStatus = service.ask(Method::GET, STATUS, json!({})).await;
        status.reason.is_some_and(|why| why.contains("it has 1 pieces")).then_some(())
    })
    .await;
    assert_eq!(search(&service, "no space left on device").await.engine, "lexical");
}

#[tokio::test]
async fn the_search_abstains_when_nothing_fits_and_so_does_a_plan() {
    let service = start(testkit::database().await.url()).ready().await;
    let answer = search(&service, "the fonts of the new page are too small").await;
    assert!(answer.abstains && answer.neighbours.len() <= 3, "{answer:?}");
    let known: SearchAnswer =
        service.ask(Method::POST, "/v1/search", json!({ "query": "", "code": "FAULT_DB_TIMEOUT", "limit": 1 })).await;
    assert!(!known.abstains && known.neighbours.len() == 1, "{known:?}");
    let plan = service.plan(&crate::plan::request("OTHER", "the fonts of the new page are too small")).await;
    assert!(plan.options.is_empty() && plan.root_cause.starts_with("Nothing that is known"), "{plan:?}");
}
