//! What a person says to an incident.

use crate::home::{Ended, Home};
use crate::sample::{ID, escalated};
use serde_json::{Value, json};
use wire::Digest;

/// Says something and answers the call that was made of it.
fn said(row: Value, arguments: &[&str]) -> (Ended, Option<(String, Value)>) {
    let home = Home::of(move |asked| if asked.method == "POST" { (200, json!({})) } else { (200, row.clone()) });
    let ended = home.run(&[&["incidents"], arguments].concat());
    let call = home.stub.asked().into_iter().find(|asked| asked.method == "POST");
    (ended, call.map(|call| (call.path, call.body)))
}

fn plain() -> Value {
    json!(escalated().1)
}

fn admitted() -> Value {
    let mut row = plain();
    row["proposal"] = json!({
        "digest": Digest::of("proposal"), "target": "patient", "base": "a".repeat(40), "diff": "", "files": ["f"],
        "tree": "b".repeat(40), "artefact": Digest::of("artefact"), "origin": "codemod doc", "gates": [],
    });
    row
}

fn path(word: &str) -> String {
    format!("/developer/incidents/api/incidents/{ID}/{word}")
}

#[test]
fn an_approval_is_for_the_change_that_is_admitted_now() {
    let (ended, call) = said(admitted(), &["approve", ID, "--note", "reads well"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(call, Some((path("approve"), json!({ "digest": Digest::of("proposal"), "note": "reads well" }))));
}

#[test]
fn an_approval_may_name_the_change_that_was_read() {
    let digest = Digest::of("another");
    let (_, call) = said(admitted(), &["approve", ID, "--digest", digest.as_str()]);
    assert_eq!(call.unwrap().1["digest"], json!(digest));
}

#[test]
fn where_there_is_no_change_nothing_is_approved() {
    let (ended, call) = said(plain(), &["approve", ID]);
    assert_eq!((ended.code, call), (2, None));
    assert!(ended.err.contains("nothing to approve: it is escalated"), "{ended:?}");
}

#[test]
fn the_other_words_go_to_their_routes() {
    for (arguments, word, body) in [
        (&["reject", ID, "--note", "no"][..], "reject", json!({ "note": "no" })),
        (&["resolve", ID, "--note", "restarted it"], "resolve", json!({ "note": "restarted it" })),
        (&["retry", ID, "--note", "a cure was given"], "retry", json!({ "note": "a cure was given" })),
        (&["retry", ID], "retry", json!({ "note": "" })),
        (&["dismiss", ID, "--verdict", "noise"], "dismiss", json!({ "verdict": "noise", "note": "" })),
    ] {
        let (ended, call) = said(plain(), arguments);
        assert_eq!((ended.code, call), (0, Some((path(word), body))), "{ended:?}");
    }
}

#[test]
fn to_resolve_without_a_note_is_refused_here() {
    let (ended, call) = said(plain(), &["resolve", ID]);
    assert_eq!((ended.code, call), (2, None));
}
