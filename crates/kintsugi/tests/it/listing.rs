//! `incidents list`.

use crate::home::Home;
use crate::sample::{overview, row};
use serde_json::json;
use wire::incident::{Incident, Status};

#[test]
fn nothing_has_gone_wrong() {
    let home = Home::always(200, overview(&[], None));
    let ended = home.run(&["incidents", "list"]);
    let wanted = "no incidents: nothing has gone wrong since the stack was made (`--archived` shows what was before)\n";
    assert_eq!((ended.code, ended.out.as_str()), (0, wanted));
    let ended = home.run(&["incidents", "list", "--target", "patient"]);
    assert!(ended.out.starts_with("no incident fits the filter"), "{ended:?}");
}

#[test]
fn a_line_an_incident() {
    let home = Home::always(200, overview(&[row(7)], None));
    insta::assert_snapshot!(home.run(&["incidents", "list"]).out, @"0190a1b2-0000-7000-8000-000000000007  2027-01-15 08:00:00Z  escalated         FAULT_SAMPLE                 patient ×1");
}

#[test]
fn pages_are_read_until_there_are_enough() {
    let home = Home::of(|asked| {
        let rows: Vec<Incident> = (0..100).map(row).collect();
        match asked.path.split("before=").nth(1) {
            None => (200, overview(&rows, Some("2026-01-01T00:00:00Z+a"))),
            Some("2026-01-01T00%3A00%3A00Z%2Ba") => (200, overview(&rows[..40], None)),
            Some(other) => panic!("asked for {other}"),
        }
    });
    let count = |limit: &str| {
        let told = home.run(&["incidents", "list", "--output", "json", "--limit", limit]).json();
        (told["incidents"].as_array().unwrap().len(), told["more"].as_bool().unwrap())
    };
    assert_eq!(count("1000"), (140, false));
    assert_eq!(count("120"), (120, true));
    assert_eq!(count("100"), (100, true));
}

#[test]
fn a_store_that_names_the_same_place_again_is_not_asked_for_ever() {
    let home = Home::always(200, overview(&[row(1)], Some("here")));
    assert_eq!(home.run(&["incidents", "list"]).code, 0);
    assert_eq!(home.stub.asked().len(), 2);
}

#[test]
fn filters_go_to_the_store_and_hold_whatever_it_answers() {
    let archived = Incident { status: Status::Archived, ..row(2) };
    let home = Home::always(200, overview(&[row(1), archived], None));
    let ids = |arguments: &[&str]| {
        let told = home.run(&[&["incidents", "list", "--output", "json"], arguments].concat()).json();
        told["incidents"].as_array().unwrap().len()
    };
    assert_eq!(ids(&[]), 1);
    assert_eq!(ids(&["--archived"]), 2);
    assert_eq!(ids(&["--status", "archived"]), 1);
    assert_eq!(ids(&["--status", "resolved", "--target", "other"]), 0);
    let path = home.stub.asked().last().unwrap().path.clone();
    assert_eq!(path, "/developer/incidents/api/data?limit=100&status=resolved&target=other");
}

#[test]
fn the_json_has_the_incidents_and_whether_healing_goes_on() {
    let home = Home::always(200, overview(&[row(1)], None));
    let mut told = home.run(&["incidents", "list", "--output", "json"]).json();
    assert_eq!(told["incidents"][0]["code"], json!("FAULT_SAMPLE"));
    told["incidents"] = json!([]);
    assert_eq!(told, json!({ "incidents": [], "more": false, "state": { "epoch": 1, "paused": false } }));
}
