//! The committed queries and the committed calibration: is the one right, and is the other up to date?

use crate::retrieval::documents;
use camino::Utf8Path;
use rag_gateway::calibration::{Calibration, Fit};
use rag_gateway::index::Index;
use rag_gateway::passages::passages_of;
use rag_gateway::quality::engine::{FUSED, LEXICAL, Observed, observe};
use rag_gateway::quality::labelled::{Labelled, Split, parse};
use rag_gateway::quality::measure::{Answer, Figures, answer, figures, reliability};
use rag_gateway::quality::{Judged, judge, report};
use rag_gateway::retrieve::Query;
use semantic::MiniLm;
use testkit::model::real;

fn queries() -> Vec<Labelled> {
    let path = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/own.jsonl");
    let documents = documents();
    let text = std::fs::read_to_string(path).expect("the file");
    parse(&text, &|id| documents.iter().any(|document| document.id == id)).expect("labelled queries")
}

fn observed(model: Option<&MiniLm>) -> Vec<Observed> {
    let mut index = Index::new(Calibration::committed().expect("the calibration"));
    for document in documents() {
        index.insert(document.clone());
        if let Some(model) = model {
            let vectors: Vec<_> =
                passages_of(&document).iter().map(|text| model.embed(text).expect("a vector")).collect();
            index.give_vectors(&document, &vectors);
        }
    }
    let look = |query: &Labelled| {
        let gist = Query::new(query.code.clone(), query.query.clone()).gist();
        let vector = model.map(|model| model.embed(&gist).expect("a vector"));
        observe(&index, query, vector.as_deref())
    };
    queries().iter().map(look).collect()
}

/// How the committed fit does on the held-out queries, and how a new one would.
fn compare(judged: &Judged, committed: &Fit, observed: &[Observed]) -> (Figures, f64, Figures, f64) {
    let held_out = |answers: &[Answer]| -> Vec<Answer> {
        let both = answers.iter().zip(observed);
        both.filter(|(_, observed)| observed.query.split() == Split::HeldOut)
            .map(|(answer, _)| answer.clone())
            .collect()
    };
    let of = |fit: &Fit| {
        let answers: Vec<Answer> = observed.iter().map(|observed| answer(judged.engine, fit, observed)).collect();
        let answers = held_out(&answers);
        (figures(answers.iter()), reliability(answers.iter()).brier)
    };
    let ((now, now_brier), (anew, anew_brier)) = (of(committed), of(&judged.fit));
    (now, now_brier, anew, anew_brier)
}

#[track_caller]
fn check_current(name: &str, judged: &[Judged], committed: &Fit, observed: &[Observed]) -> Figures {
    let judged = judged.iter().find(|judged| judged.engine.name == name).expect("the engine");
    let (now, now_brier, anew, anew_brier) = compare(judged, committed, observed);
    let how = "fit again: cargo run -p rag-gateway --example quality -- --write";
    assert!(now_brier <= anew_brier + 0.02, "{name}: {now_brier:.3}, and a new fit has {anew_brier:.3}; {how}");
    assert!(now.mrr + 0.03 >= anew.mrr, "{name}: {now:?}, and a new fit has {anew:?}; {how}");
    now
}

#[test]
fn the_committed_queries_are_many_and_of_every_kind() {
    let queries = queries();
    let unknown = queries.iter().filter(|query| query.relevant.is_empty()).count();
    let held_out = queries.iter().filter(|query| query.split() == Split::HeldOut).count();
    assert!(queries.len() >= 120 && unknown >= 30 && held_out * 4 > queries.len(), "{} {unknown}", queries.len());
    for document in documents() {
        assert!(
            queries.iter().any(|query| query.relevant == [document.id.clone()]),
            "no query is about {}",
            document.id
        );
    }
}

#[test]
fn what_is_wrong_with_a_line_of_queries_is_said() {
    let refused = |text: &str, wanted: &str| {
        let error = parse(text, &|id| id == "known").expect_err("wrong");
        assert!(error.contains(wanted), "{error:?} does not say {wanted:?}");
    };
    let right = r#"{"query": "q", "relevant": ["known"]}"#;
    assert_eq!(parse(&format!("\n{right}\n"), &|_| true).expect("a query").len(), 1);
    refused("", "no query in it");
    refused(&format!("{right}\nnot JSON"), "line 2 is no labelled query");
    refused(r#"{"query": "q"}"#, "missing field `relevant`");
    refused(r#"{"query": "q", "relevant": [], "colour": "red"}"#, "unknown field `colour`");
    refused(r#"{"query": " ", "relevant": []}"#, "asks nothing");
    refused(r#"{"query": "q", "relevant": ["unheard-of"]}"#, "names the document \"unheard-of\"");
    refused(&format!("{right}\n{right}"), "asks what an earlier line asks");
}

#[test]
fn the_calibration_by_words_is_up_to_date_and_keeps_silent_when_nothing_fits() {
    let (observed, committed) = (observed(None), Calibration::committed().expect("the calibration"));
    let judged = judge(&observed);
    let figures = check_current(LEXICAL, &judged, &committed.lexical, &observed);
    println!("{}", report::tables(&judged, &observed));
    assert!(figures.recall_at_3 > 0.85 && figures.abstention_recall > 0.75, "{figures:?}");
}

#[test]
fn the_fused_calibration_is_up_to_date_and_better_than_words_or_meaning_alone() {
    let Some(folder) = real() else { return };
    let model = MiniLm::open(&folder).expect("a model");
    let (observed, committed) = (observed(Some(&model)), Calibration::committed().expect("the calibration"));
    let judged = judge(&observed);
    let held_out = check_current(FUSED, &judged, &committed.fused, &observed);
    println!("{}", report::tables(&judged, &observed));
    assert!(held_out.abstention_recall > 0.85 && held_out.answer_precision > 0.85, "{held_out:?}");
    let all = |name: &str| {
        let judged = judged.iter().find(|judged| judged.engine.name == name).expect("the engine");
        figures(judged.crossed.iter())
    };
    let (fused, words, meaning) = (all(FUSED), all("BM25 alone"), all("MiniLM alone"));
    assert!(fused.mrr > words.mrr && fused.mrr > meaning.mrr, "{fused:?} {words:?} {meaning:?}");
    assert!(fused.answered > words.answered && fused.answered > meaning.answered, "{fused:?} {words:?} {meaning:?}");
}
