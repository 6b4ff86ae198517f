//! The search: what is found, how sure it is, and what is not found.

use crate::plan::request;
use camino::Utf8Path;
use rag_gateway::bm25::Bm25;
use rag_gateway::document::Document;
use rag_gateway::knowledge::load;
use rag_gateway::retrieve::{Hit, Query, Retrieve};

/// What must be reached to be sure; the setting's default.
const SURE: f64 = 0.5;

/// Three documents that are not about SQL statements, and the committed ones.
fn index() -> Bm25 {
    let mut index = Bm25::default();
    let committed = load(&Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge")).expect("the folder");
    let others = [
        ("disk", "The disk is full", "no space left on device while a log file is written"),
        (
            "certificate",
            "A certificate is out of date",
            "TLS handshake fails: certificate has expired, peer refused connection",
        ),
        (
            "pool",
            "The connection pool is exhausted",
            "time-out while waiting for a free database connection of PostgreSQL",
        ),
    ];
    let other = |(id, title, symptoms): (&str, &str, &str)| {
        let front = format!(
            "id = \"{id}\"\ntitle = \"{title}\"\nsymptoms = \"{symptoms}\"\nroot_cause = \"{title}\"\nverdict = \"capacity\""
        );
        Document::parse(&format!("+++\n{front}\n+++\nText.")).expect("a document")
    };
    committed.into_iter().chain(others.map(other)).for_each(|document| index.add(document));
    index
}

fn search(code: &str, message: &str) -> Vec<Hit> {
    index().retrieve(&Query::of(&request(code, message)))
}

#[track_caller]
fn check(code: &str, message: &str, document: &str, sure: bool) {
    let hits = search(code, message);
    let found: Vec<_> = hits.iter().map(|hit| (hit.document.id.as_str(), hit.confidence)).collect();
    let best = found.first().expect("a hit");
    assert_eq!((best.0, best.1 >= SURE), (document, sure), "{code} {message:?} found {found:?}");
}

#[test]
fn the_fault_code_with_its_marker_is_found_for_sure() {
    check("FAULT_SQL_INJECTION_TEST", "the statement was refused", "sql-select-without-list", true);
    let line = r#"{"ts":"2026-11-22T00:35:42.123456Z","level":"ERROR","marker":"FAULT_SQL_INJECTION_TEST","reason":"sql_error"}"#;
    let with_line = search("FAULT_SQL_INJECTION_TEST", line);
    let without = search("FAULT_SQL_INJECTION_TEST", "");
    assert!(with_line[0].confidence > without[0].confidence, "{with_line:?} {without:?}");
}

#[test]
fn a_similar_wording_is_found_without_the_code() {
    let said = "PostgreSQL reports a syntax error at the end of input: malformed statement with an empty select list";
    check("OTHER_FAULT", said, "sql-select-without-list", true);
    check("OTHER_FAULT", "waiting for a free connection of the database: the pool is exhausted", "pool", true);
}

#[test]
fn what_is_not_known_is_not_sure() {
    check(
        "OTHER_FAULT",
        "the statement timed out after 5500 ms and the transaction was rolled back",
        "sql-select-without-list",
        false,
    );
    check("OTHER_FAULT", "error", "sql-select-without-list", false);
    check("OTHER_FAULT", "the connection to the upstream was refused by a proxy in front of it", "certificate", false);
    assert!(search("OTHER_FAULT", "жжж zzz").is_empty());
}

#[test]
fn confidences_are_shares_and_the_order_is_always_the_same() {
    let said = "database connection refused: no space left, syntax error, certificate expired";
    let hits = search("FAULT_SQL_INJECTION_TEST", said);
    assert!(hits.len() > 2 && hits.iter().all(|hit| (0.0..=1.0).contains(&hit.confidence)), "{hits:?}");
    assert!(hits.is_sorted_by(|a, b| a.confidence >= b.confidence), "{hits:?}");
    for _ in 0..5 {
        assert_eq!(search("FAULT_SQL_INJECTION_TEST", said), hits);
    }
}

#[test]
fn a_document_that_was_taken_out_is_not_found() {
    let mut index = index();
    index.remove("pool");
    index.remove("pool");
    let hits = index.retrieve(&Query::of(&request("OTHER_FAULT", "the connection pool is exhausted")));
    assert!(hits.iter().all(|hit| hit.document.id != "pool"), "{hits:?}");
}

#[test]
fn a_long_query_is_cut_at_a_character() {
    let query = Query::of(&request("OTHER_FAULT", &"é".repeat(10_000)));
    assert_eq!(query.seen.len(), 8 * 1024);
}
