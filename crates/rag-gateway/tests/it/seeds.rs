//! Seeding: the folder again, and documents of the caller's own.

use crate::knowledge::document;
use crate::running::{problem, settings, start, start_with};
use camino::Utf8Path;
use rag_gateway::Settings;
use reqwest::Method;
use serde_json::{Value, json};
use wire::knowledge::{Document, DocumentPage, DocumentSource, Seeded};

const SEED: &str = "/v1/documents/seed";

fn given(name: &str, text: String) -> Value {
    json!({ "documents": [{ "name": name, "text": text }] })
}

fn counts(seeded: Seeded) -> [usize; 4] {
    [seeded.added, seeded.updated, seeded.unchanged, seeded.removed]
}

/// A right document about a gizmo, with a rule.
fn gizmo(said: &str) -> String {
    let rule = "language = \"rust\"\nfaults = [\"GIZMO_FAULT\"]\n[rule]\nfix = \"x\"\nrule.pattern = \"y\"";
    document(("id = \"greeting", "id = \"gizmo"), rule).replace("no greeting", said)
}

#[tokio::test]
async fn seeding_the_folder_changes_only_what_has_changed_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path that is text");
    let write = |name: &str, text: String| std::fs::write(path.join(name), text).expect("written");
    write("a.md", document(("", ""), ""));
    let service = start_with(Settings { knowledge: path.to_owned(), ..settings() }, testkit::database().await.url());
    let service = service.ready().await;
    let seed = async || -> Seeded { service.ask(Method::POST, SEED, json!({})).await };
    assert_eq!((counts(seed().await), seed().await.total), ([0, 0, 1, 0], 1));
    write("b.md", gizmo("quux"));
    assert_eq!(counts(seed().await), [1, 0, 1, 0]);
    assert_eq!(counts(seed().await), [0, 0, 2, 0], "again, nothing happens");
    write("b.md", gizmo("frobnicator"));
    assert_eq!(counts(seed().await), [0, 1, 1, 0]);
    let plan = service.plan(&crate::plan::request("GIZMO_FAULT", "frobnicator")).await;
    assert_eq!(plan.options.len(), 1, "what was seeded is proposed: {plan:?}");
    std::fs::remove_file(path.join("b.md")).expect("removed");
    assert_eq!(counts(seed().await), [0, 0, 1, 1]);
    assert!(service.plan(&crate::plan::request("GIZMO_FAULT", "frobnicator")).await.options.is_empty());

    write("c.md", "no document".into());
    let refused = problem(&service.send(Method::POST, SEED, Some(&testkit::token("operator")), "{}").await);
    assert_eq!(refused, (400, "bad_request".into()));
    assert_eq!(service.ask::<DocumentPage>(Method::GET, "/v1/documents", json!({})).await.documents.len(), 1);
}

#[tokio::test]
async fn given_documents_are_kept_and_known_in_every_replica_and_after_a_restart() {
    let database = testkit::database().await;
    let (one, two) = (start(database.url()).ready().await, start(database.url()).ready().await);
    let first: Seeded = one.ask(Method::POST, SEED, given("gizmo.md", gizmo("quux"))).await;
    assert_eq!(counts(first), [1, 0, 0, 0]);
    let again: Seeded = two.ask(Method::POST, SEED, given("gizmo.md", gizmo("quux"))).await;
    assert_eq!((counts(again), again.total), ([0, 0, 1, 0], first.total));
    let other: Seeded = two.ask(Method::POST, SEED, given("gizmo.md", gizmo("frobnicator"))).await;
    assert_eq!(counts(other), [0, 1, 0, 0]);
    for service in [&one, &two, &start(database.url()).ready().await] {
        let plan = service.plan(&crate::plan::request("GIZMO_FAULT", "")).await;
        assert_eq!(plan.options.len(), 1, "{plan:?}");
        let known: Document = service.ask(Method::GET, "/v1/documents/gizmo", json!({})).await;
        assert_eq!((known.symptoms.as_str(), known.entry.source), ("frobnicator", DocumentSource::Given));
        assert_eq!((known.text.as_str(), known.entry.has_rule), ("Greet again.", true));
    }
    let own = "+++\nid = \"sql-select-without-list\"\ntitle = \"t\"\nsymptoms = \"s\"\nroot_cause = \"r\"\nverdict = \"noise\"\n+++\nText.";
    let refused = async |body: Value| {
        problem(&one.send(Method::POST, SEED, Some(&testkit::token("operator")), &body.to_string()).await)
    };
    assert_eq!(
        refused(given("own.md", own.into())).await,
        (409, "key_conflict".into()),
        "the folder's stay the folder's"
    );
    let twice =
        json!({ "documents": [{ "name": "a.md", "text": gizmo("a") }, { "name": "b.md", "text": gizmo("b") }] });
    assert_eq!(refused(twice).await.0, 400);
    let lost = document(("id = \"greeting", "id = \"other"), "language = \"rust\"\ncure = \"nowhere\"");
    assert_eq!(refused(given("lost.md", lost)).await.0, 400);
    let shared = document(("id = \"greeting", "id = \"other"), "language = \"rust\"\ncure = \"gizmo\"");
    let _: Seeded = one.ask(Method::POST, SEED, given("shared.md", shared)).await;
    assert!(
        one.ask::<Document>(Method::GET, "/v1/documents/other", json!({})).await.entry.has_rule,
        "a cure is shared"
    );
}

#[tokio::test]
async fn the_folders_own_text_given_again_changes_nothing() {
    let service = start(testkit::database().await.url()).ready().await;
    let path = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/mode-disk-full.md");
    let text = std::fs::read_to_string(path).expect("a document");
    let seeded: Seeded = service.ask(Method::POST, SEED, given("mode-disk-full.md", text)).await;
    assert_eq!(counts(seeded), [0, 0, 1, 0]);
    let known: Document = service.ask(Method::GET, "/v1/documents/mode-disk-full", json!({})).await;
    assert_eq!(known.entry.source, DocumentSource::Folder);
}
