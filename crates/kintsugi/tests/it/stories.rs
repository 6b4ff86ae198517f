//! `incidents show` and `incidents verify`.

use crate::home::Home;
use crate::sample::{ID, escalated};
use serde_json::{Value, json};
use wire::event::Event;
use wire::incident::Incident;

fn store(journal: Vec<Event>, row: Incident) -> Home {
    Home::of(move |asked| match asked.path.as_str() {
        path if path.ends_with("/events") => (200, json!(journal)),
        path if path.contains("/api/incidents/") => (200, detail(&journal, &row)),
        _ => (200, json!(row)),
    })
}

fn detail(journal: &[Event], row: &Incident) -> Value {
    json!({
        "incident": row, "events": journal,
        "story": [{ "at": row.detected_at, "title": "A fault\u{1b}[31m", "text": "It broke.\nNothing is known." }],
        "stages": [{ "stage": "line", "at": row.detected_at, "ms": 0.0 }, { "stage": "incident", "at": row.detected_at, "ms": 4.2 }],
        "neighbours": [], "diff": "-SELECT FROM\n+SELECT 1", "lines": [], "gates": [],
        "check": { "holds": true, "text": "Everything holds." },
        "occurrences_total": 1, "actions": ["resolve", "dismiss", "retry"], "cursor": "1-2",
    })
}

#[test]
fn the_story_is_told_in_plain_words_without_control_characters() {
    let (journal, row) = escalated();
    let ended = store(journal, row).run(&["incidents", "show", ID]);
    insta::assert_snapshot!(ended.out, @r"
    0190a1b2-0000-7000-8000-000000000001  2027-01-15 08:00:00Z  escalated         FAULT_SAMPLE                 patient ×1

    08:00:00.000Z  A fault�[31m
        It broke.
        Nothing is known.

    stages: line +0 ms, incident +4 ms
    record: Everything holds.
    you can: resolve, dismiss, retry
    ");
}

#[test]
fn the_journal_and_the_change_are_shown_when_asked_for() {
    let (journal, row) = escalated();
    let ended = store(journal, row).run(&["incidents", "show", ID, "--journal", "--diff"]);
    assert!(ended.out.contains("   2  08:00:01.000Z  escalated (NoRemedy): nothing is known"), "{}", ended.out);
    assert!(ended.out.contains("+SELECT 1"), "{}", ended.out);
}

#[test]
fn an_untouched_incident_holds() {
    let (journal, row) = escalated();
    let ended = store(journal, row).run(&["incidents", "verify", ID, "--output", "json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let found = json!({ "events": 2, "certificates": 0, "status": "escalated" });
    assert_eq!(ended.json(), json!({ "holds": true, "incident": ID, "found": found }));
}

#[test]
fn an_edited_event_is_found() {
    let (mut journal, row) = escalated();
    journal[1].key = "forged".into();
    let ended = store(journal, row).run(&["incidents", "verify", ID]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("event 2 does not have the hash of its content"), "{ended:?}");
}

#[test]
fn an_edited_row_is_found_and_named() {
    let (journal, row) = escalated();
    let ended = store(journal, Incident { occurrences: 7, ..row }).run(&["incidents", "verify", ID]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("occurrences differs"), "{ended:?}");
}
