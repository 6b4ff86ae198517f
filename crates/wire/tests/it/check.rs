//! What the check of a journal finds: an edited chain, a forged certificate, a row that says something else.

use crate::sample::{Journal, certificate};
use wire::check::{Checked, Doubt, check};
use wire::event::{Body, Certificate};
use wire::incident::{Incident, Severity, Status};
use wire::{Digest, Position};

const VERIFIED: [&str; 11] = [
    "detected",
    "started analyze",
    "planned",
    "started propose",
    "admitted",
    "started push",
    "pushed",
    "started deploy",
    "deployed",
    "started verify",
    "verified",
];

fn healed() -> Journal {
    let mut journal = Journal::of(&VERIFIED);
    journal.add("resolved").unwrap();
    journal
}

#[test]
fn a_healed_incident_holds_with_its_row_whatever_its_severity() {
    let journal = healed();
    let row = Incident { severity: Severity::Critical, ..journal.incident().clone() };
    let found = Checked { events: 12, certificates: 1, status: Status::Resolved };
    assert_eq!(check(&journal.events, Some(&row)), Ok(found.clone()));
    assert_eq!(check(&journal.events, None), Ok(found));
    assert_eq!(check(&[], None), Err(Doubt::Empty));
}

#[test]
fn an_edited_event_is_found_before_anything_else() {
    let mut journal = healed();
    journal.events[2].key = "forged".into();
    assert!(matches!(check(&journal.events, None), Err(Doubt::Chain(_))));
}

#[test]
fn every_edit_of_the_row_is_found_and_named() {
    let journal = healed();
    type Edit = fn(&mut Incident);
    let edits: [(&str, Edit); 5] = [
        ("status", |row| row.status = Status::Detected),
        ("occurrences", |row| row.occurrences += 1),
        ("commit", |row| row.commit = None),
        ("resolved_by", |row| row.resolved_by = Some("nobody".into())),
        ("head", |row| row.head = Digest::of("forged")),
    ];
    for (what, edit) in edits {
        let mut row = journal.incident().clone();
        edit(&mut row);
        assert_eq!(check(&journal.events, Some(&row)), Err(Doubt::Row { what: what.into() }));
    }
}

#[test]
fn a_certificate_that_claims_something_else_is_found() {
    type Edit = fn(&mut Certificate);
    let edits: [(&str, Edit); 5] = [
        ("its place", |it| it.position = Position(3)),
        ("the plan", |it| it.plan = Digest::of("another")),
        ("the change", |it| it.proposal = None),
        ("the artefact", |it| it.artefact = Some(Digest::of("another"))),
        ("the commit", |it| it.commit = None),
    ];
    for (what, edit) in edits {
        let mut journal = Journal::of(&VERIFIED);
        let mut forged = certificate(journal.incident());
        edit(&mut forged);
        journal.append(Body::Resolved { certificate: forged }).unwrap();
        assert_eq!(check(&journal.events, None), Err(Doubt::Certificate { position: Position(12), what }));
    }
}
