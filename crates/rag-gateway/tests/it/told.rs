//! What is told and offered for the lines that a target really writes.

use crate::plan::{document, lesson, request};
use crate::retrieval::index;
use crate::running::{settings, start_with};
use camino::Utf8PathBuf;
use rag_gateway::Settings;
use rag_gateway::calibration::Calibration;
use rag_gateway::document::Document;
use rag_gateway::plan::{Sure, plan};
use rag_gateway::retrieve::Query;
use rag_gateway::track::TrackRecord;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use wire::knowledge::{KnowledgeStatus, SearchAnswer};
use wire::plan::{Lesson, Plan, PlanRequest, Remedy, Retrieval, Verdict};

const SQL: &str = "FAULT_SQL_INJECTION_TEST";

/// As the healer asks when the application has logged the fault.
fn seen(code: &str, message: &str, reason: &str) -> PlanRequest {
    let line = json!({
        "event_id": "10553affee8549238712cb8881c52191", "level": "error", "marker": code, "message": message,
        "reason": reason, "request_id": "89497cdfa5284283ab0e7aa73b721749",
        "trace_id": "8b22ed2ad8fd19bacee0202565566a32",
        "traceparent": "00-8b22ed2ad8fd19bacee0202565566a32-04c919cbbab069b0-01",
        "ts": "2026-11-22T01:58:38.454457Z", "version": "c09cb5da294feb1adb53b08ef823ab506d95be30",
    });
    let asked = request(code, message);
    PlanRequest { reason: Some(reason.into()), context: vec![line.to_string()], ..asked }
}

fn malformed() -> PlanRequest {
    seen(SQL, "the statement failed and was rolled back", "invalid_statement")
}

fn exhausted() -> PlanRequest {
    seen("FAULT_DB_POOL_EXHAUSTED", "no database connection was free in time", "pool_exhausted")
}

/// The plan by words alone, over the committed documents and these.
fn decide(request: &PlanRequest, more: Vec<Document>) -> Plan {
    let mut index = index();
    for document in more {
        index.insert(document);
    }
    let hits = index.search(&Query::of(request), None, 128);
    let min_confidence = Calibration::committed().expect("the calibration").min_confidence(false);
    let retrieval = Retrieval { query: String::new(), engine: "test".into(), confidence: 0.0, neighbours: Vec::new() };
    plan(request, &Sure { hits: &hits, min_confidence }, &TrackRecord::default(), retrieval)
}

fn learned(request: &PlanRequest, cure: &Document) -> Document {
    let remedy = cure.remedy.clone().expect("a cure");
    let texts = [&request.message].into_iter().chain(&request.reason).chain(&request.context);
    let symptoms: Vec<&str> = texts.map(String::as_str).collect();
    let told = Lesson {
        root_cause: "told before".into(),
        ..lesson(request.code.as_str(), &symptoms.join("\n"), remedy, true)
    };
    Document::of_lesson(&told, Some(cure))
}

fn cure() -> Document {
    index().document("sql-select-without-list").expect("a document").clone()
}

#[test]
fn a_malformed_statement_is_told_as_one_and_not_surer_than_can_be_known() {
    let plan = decide(&malformed(), Vec::new());
    assert!(plan.root_cause.starts_with(&cure().root_cause), "{}", plan.root_cause);
    assert!(!plan.root_cause.contains("schema has changed"), "{}", plan.root_cause);
    assert!(plan.root_cause.contains("fits other known causes almost as well"), "{}", plan.root_cause);
    assert!(plan.retrieval.confidence < 0.7, "several causes fit the line: {}", plan.retrieval.confidence);
    let chances: f64 = plan.options.iter().map(|option| option.confidence).sum();
    assert!(chances <= 1.0, "at most one of them is right: {:?}", plan.options);
    let first = &plan.options[0].remedy;
    assert!(matches!(first, Remedy::Codemod { document, .. } if document == "sql-select-without-list"), "{first:?}");
}

#[test]
fn a_statement_that_the_server_quotes_is_told_surely() {
    let mut asked = malformed();
    asked.context.push("ERROR:  column o.status does not exist at character 8, SQLSTATE 42703".into());
    let plan = decide(&asked, Vec::new());
    assert!(plan.root_cause.contains("schema has changed"), "{}", plan.root_cause);
    assert_eq!(plan.verdict, Verdict::Configuration);
}

#[test]
fn what_healed_tells_the_cause_the_next_time() {
    let lesson = learned(&malformed(), &cure());
    assert_eq!(lesson.root_cause, cure().root_cause, "not what was told before it was known");
    let (before, after) = (decide(&malformed(), Vec::new()), decide(&malformed(), vec![lesson]));
    assert_eq!(after.root_cause, cure().root_cause);
    assert!(after.retrieval.confidence > before.retrieval.confidence, "{:?} {:?}", before.retrieval, after.retrieval);
}

#[test]
fn a_cure_that_was_learned_for_one_fault_is_no_option_for_another() {
    let lessons: Vec<Document> = (0..5).map(|_| learned(&malformed(), &cure())).collect();
    let plan = decide(&exhausted(), lessons);
    assert_eq!((plan.verdict, plan.options.len()), (Verdict::Capacity, 0), "{plan:?}");
    assert!(plan.root_cause.contains("More requests hold a database connection"), "{}", plan.root_cause);
}

#[test]
fn a_cure_of_another_fault_needs_to_be_surer_than_one_of_this_or_of_any() {
    let of = |faults: &str, confidence: f64| {
        let mut document = document("a", "rust", "code_fault");
        document.faults = faults.split_whitespace().map(|code| code.parse().expect("a code")).collect();
        let hits = [crate::plan::hit(document, confidence)];
        let retrieval =
            Retrieval { query: String::new(), engine: "test".into(), confidence: 0.0, neighbours: Vec::new() };
        let sure = Sure { hits: &hits, min_confidence: 0.5 };
        plan(&request("FAULT", "m"), &sure, &TrackRecord::default(), retrieval).options.len()
    };
    assert_eq!([of("", 0.6), of("FAULT", 0.6), of("OTHER FAULT", 0.6)], [1; 3]);
    assert_eq!([of("OTHER", 0.6), of("OTHER", 0.79), of("OTHER", 0.8)], [0, 0, 1]);
}

#[test]
fn what_was_tried_for_an_incident_goes_last_but_is_named() {
    let plan = decide(&malformed(), Vec::new());
    let Remedy::Codemod { digest, .. } = &plan.options[0].remedy else { panic!("{plan:?}") };
    let again = decide(&PlanRequest { tried: vec![digest.clone()], ..malformed() }, Vec::new());
    assert_eq!(again.options.len(), plan.options.len());
    assert_eq!(again.options.last().map(|option| &option.remedy), Some(&plan.options[0].remedy));
    assert_eq!(again.options[0].remedy, plan.options[1].remedy);
}

#[tokio::test]
async fn a_vague_word_about_a_slow_upstream_finds_what_is_known_of_it_by_words_and_by_meaning() {
    check_slow_upstream("/nowhere".into(), "lexical").await;
    if let Some(model) = testkit::model::real() {
        check_slow_upstream(model, "lexical+semantic").await;
    }
}

async fn check_slow_upstream(model: Utf8PathBuf, engine: &str) {
    let service = start_with(Settings { model, ..settings() }, testkit::database().await.url()).ready().await;
    testkit::eventually("every vector", Duration::from_secs(60), async || {
        let status: KnowledgeStatus = service.ask(Method::GET, "/v1/status", json!({})).await;
        (status.engine == engine && status.vectors_pending == 0).then_some(())
    })
    .await;
    for query in ["upstream answers too late", "the upstream is too slow"] {
        let found: SearchAnswer = service.ask(Method::POST, "/v1/search", json!({ "query": query })).await;
        assert_eq!((found.abstains, found.engine.as_str()), (false, engine), "{query}: {found:?}");
        let first = found.neighbours.first().map_or("nothing", |near| near.document.as_str());
        assert!(first.starts_with("api-call-") || first == "mode-endpoint-times-out", "{query}: {found:?}");
    }
}
