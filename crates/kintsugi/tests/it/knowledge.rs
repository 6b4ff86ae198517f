//! `kb`.

use crate::home::Home;
use serde_json::json;

fn found(abstains: bool) -> Home {
    let near = json!({ "document": "sql-empty-select", "title": "A select without columns", "score": 0.8, "confidence": 0.91 });
    Home::always(200, json!({ "engine": "lexical", "min_confidence": 0.5, "abstains": abstains, "neighbours": [near] }))
}

#[test]
fn a_search_tells_the_neighbours_and_whether_they_are_near_enough() {
    let ended = found(false).run(&["kb", "search", "select", "from"]);
    assert_eq!(ended.code, 0);
    insta::assert_snapshot!(ended.out, @r"
    0.91  sql-empty-select                             A select without columns
    search is lexical; a confidence of 0.50 is needed
    ");
}

#[test]
fn a_search_that_finds_nothing_near_enough_ends_with_1() {
    let home = found(true);
    let ended = home.run(&["kb", "search", "--fault", "FAULT_SAMPLE", "--limit", "3", "the moon"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("nothing that is known fits"), "{ended:?}");
    assert_eq!(home.stub.asked()[0].body, json!({ "query": "the moon", "code": "FAULT_SAMPLE", "limit": 3 }));
}

#[test]
fn a_seed_without_a_folder_asks_the_service_to_read_its_own() {
    let seeded = json!({ "added": 0, "updated": 0, "unchanged": 15, "removed": 0, "total": 15 });
    let home = Home::always(200, seeded.clone());
    let ended = home.run(&["kb", "seed", "--output", "json"]);
    assert_eq!((ended.code, ended.json()), (0, seeded));
    assert_eq!(home.stub.asked()[0].body, json!({ "documents": [] }));
}

#[test]
fn a_seed_with_a_folder_sends_its_markdown_files_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("b.md", "two"), ("a.md", "one"), ("notes.txt", "not this")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let home = Home::always(200, json!({ "added": 2, "updated": 0, "unchanged": 0, "removed": 0, "total": 17 }));
    let ended = home.run(&["kb", "seed", folder.path().to_str().unwrap()]);
    assert_eq!((ended.code, ended.out.as_str()), (0, "2 added, 0 updated, 0 unchanged, 0 removed; 17 known\n"));
    let wanted = json!([{ "name": "a.md", "text": "one" }, { "name": "b.md", "text": "two" }]);
    assert_eq!(home.stub.asked()[0].body["documents"], wanted);
}

#[test]
fn a_folder_without_documents_is_a_wrong_command_line() {
    let (folder, home) = (tempfile::tempdir().unwrap(), Home::always(200, json!({})));
    let ended = home.run(&["kb", "seed", folder.path().to_str().unwrap()]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("holds no *.md file"), "{ended:?}");
}

#[test]
fn an_empty_knowledge_base_says_how_to_fill_it() {
    let home = Home::of(|asked| {
        let status = json!({
            "engine": "lexical", "reason": "no model", "documents": 0, "lessons": 0, "vectors": 0, "vectors_pending": 0,
            "min_confidence": 0.5,
        });
        (200, if asked.path == "/v1/status" { status } else { json!({ "documents": [] }) })
    });
    insta::assert_snapshot!(home.run(&["kb", "list"]).out, @r"
    nothing is known yet: `kintsugi kb seed` reads the folder of cures
    0 documents, 0 lessons; search is lexical (no model)
    ");
}

#[test]
fn a_document_is_removed_by_its_id_and_only_by_one() {
    let home = Home::always(200, json!({ "document": "my-cure", "source": "given" }));
    let ended = home.run(&["kb", "remove", "my-cure"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, "my-cure is removed (given)\n"));
    let asked = &home.stub.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("DELETE", "/v1/documents/my-cure"));
    assert_eq!(home.run(&["kb", "remove", "../secret"]).code, 2);
    assert_eq!(home.stub.asked().len(), 1, "nothing is asked");
}

#[test]
fn what_cannot_be_removed_says_why() {
    let why =
        "\"mode-disk-full\" stands in the service's own folder: remove the file there, then seed the folder again";
    let home = Home::always(409, json!({ "code": "in_the_folder", "message": why, "request_id": "r-1" }));
    let ended = home.run(&["kb", "remove", "mode-disk-full"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("remove the file there"), "{ended:?}");
}
