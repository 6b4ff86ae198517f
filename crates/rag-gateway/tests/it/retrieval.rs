//! The search by words over the committed documents: what is found, how sure it is, and what is not found.

use crate::plan::request;
use camino::Utf8Path;
use rag_gateway::calibration::Calibration;
use rag_gateway::document::Document;
use rag_gateway::index::{Change, Index};
use rag_gateway::knowledge::load;
use rag_gateway::retrieve::{Hit, Query};

/// The committed documents, with the committed calibration and no model.
pub(crate) fn index() -> Index {
    let mut index = Index::new(Calibration::committed().expect("the calibration"));
    for document in documents() {
        assert_eq!(index.insert(document), Change::Added);
    }
    index
}

pub(crate) fn documents() -> Vec<Document> {
    load(&Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge")).expect("the folder")
}

fn sure() -> f64 {
    Calibration::committed().expect("the calibration").min_confidence(false)
}

fn search(code: &str, message: &str) -> Vec<Hit> {
    index().search(&Query::of(&request(code, message)), None, 20)
}

#[track_caller]
fn check(code: &str, message: &str, document: &str, is_sure: bool) {
    let hits = search(code, message);
    let found: Vec<_> = hits.iter().map(|hit| (hit.document.id.as_str(), hit.confidence)).collect();
    let best = found.first().expect("a hit");
    assert_eq!((best.0, best.1 >= sure()), (document, is_sure), "{code} {message:?} found {found:?}");
}

#[test]
fn a_known_fault_code_is_enough_however_little_is_said() {
    for document in documents() {
        for code in &document.faults {
            for said in ["", "it failed", "status=500 path=/ duration_ms=7", "жжж"] {
                let hits = search(code.as_str(), said);
                let best = hits.first().expect("a hit");
                assert!(best.document.faults.contains(code) && best.confidence >= sure(), "{code} {said:?}: {best:?}");
                assert!(hits.iter().any(|hit| hit.document.id == document.id), "{code} {said:?} lacks {}", document.id);
            }
        }
    }
}

#[test]
fn documents_about_the_fault_come_before_all_others() {
    let hits = search("FAULT_DB_TIMEOUT", "No space left on device (os error 28)");
    let names = |hit: &Hit| hit.document.faults.iter().any(|code| code.as_str() == "FAULT_DB_TIMEOUT");
    let first_other = hits.iter().position(|hit| !names(hit)).expect("another document");
    assert!(first_other > 4 && !hits.iter().skip(first_other).any(names), "{hits:?}");
    assert!(hits.iter().any(|hit| hit.document.id == "mode-disk-full"), "{hits:?}");
}

#[test]
fn a_marker_in_a_raw_line_is_found_without_the_code() {
    let line = r#"{"ts":"2026-11-22T00:35:42.123456Z","level":"error","marker":"FAULT_SQL_INJECTION_TEST","reason":"invalid_statement"}"#;
    let hits = index().search(&Query::new(None, line.into()), None, 5);
    assert!(hits.iter().all(|hit| hit.document.id.starts_with("sql-")), "{hits:?}");
    assert!(hits.first().is_some_and(|best| best.confidence >= sure()), "{hits:?}");
}

#[test]
fn a_similar_wording_is_found_without_the_code() {
    let said = "PostgreSQL refuses the malformed statement: syntax error at end of input, the select list is missing";
    check("OTHER_FAULT", said, "sql-select-without-list", true);
    check("OTHER_FAULT", "no space left on device while a log file is written", "mode-disk-full", true);
}

#[test]
fn what_is_not_known_is_not_sure() {
    for said in
        ["error", "the invoice has the wrong total", "the button does nothing in one browser", "segmentation fault"]
    {
        let hits = search("OTHER_FAULT", said);
        assert!(hits.first().is_none_or(|best| best.confidence < sure()), "{said:?}: {:?}", hits.first());
    }
    assert!(search("OTHER_FAULT", "жжж zzz").is_empty());
}

#[test]
fn confidences_are_shares_and_the_order_is_always_the_same() {
    let said = "database connection refused: no space left, syntax error, certificate expired";
    let hits = search("FAULT_SQL_INJECTION_TEST", said);
    assert!(hits.len() > 2 && hits.iter().all(|hit| (0.0..=1.0).contains(&hit.confidence)), "{hits:?}");
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score), "{hits:?}");
    for _ in 0..5 {
        assert_eq!(search("FAULT_SQL_INJECTION_TEST", said), hits);
    }
}

#[test]
fn a_long_query_is_cut_at_a_character() {
    let query = Query::of(&request("OTHER_FAULT", &"é".repeat(10_000)));
    assert_eq!(query.seen.len(), 8 * 1024);
    assert_eq!(Query::new(Some("FAULT_DISK_FULL".parse().expect("a code")), " ".into()).gist(), "FAULT DISK FULL");
}
