//! The chain finds every kind of edit.

use crate::sample::{Journal, at, commit};
use wire::chain::{Broken, verify};
use wire::event::{Body, Event};
use wire::{Digest, Position};

fn journal() -> Vec<Event> {
    let kinds = ["detected", "started analyze", "planned", "started propose", "admitted", "started push", "pushed"];
    Journal::of(&kinds).events
}

#[track_caller]
fn edited(edit: impl FnOnce(&mut Vec<Event>)) -> Broken {
    let mut events = journal();
    edit(&mut events);
    verify(&events).expect_err("the edit is found")
}

#[test]
fn an_untouched_journal_holds_also_after_the_way_through_json() {
    assert_eq!(verify(&journal()), Ok(()));
    assert_eq!(verify(&[]), Ok(()));
    let text = serde_json::to_string(&journal()).unwrap();
    assert_eq!(verify(&serde_json::from_str::<Vec<Event>>(&text).unwrap()), Ok(()));
}

#[test]
fn an_edit_of_any_part_of_an_event_is_found_there() {
    type Edit = fn(&mut Event);
    let edits: [(&str, Edit); 6] = [
        ("payload", |event| event.body = Body::Pushed { commit: commit('0') }),
        ("kind", |event| event.body = Body::ApprovalExpired {}),
        ("key", |event| event.key.push('x')),
        ("time", |event| event.at = at(99)),
        ("incident", |event| event.incident = wire::IncidentId::fresh()),
        ("hash", |event| event.hash = Digest::of("forged")),
    ];
    for (what, edit) in edits {
        for place in 0..journal().len() {
            assert_eq!(edited(|events| edit(&mut events[place])), Broken::Hash(Position(place as i64 + 1)), "{what}");
        }
    }
}

#[test]
fn an_edit_with_a_fitting_hash_breaks_the_event_after_it() {
    let broken = edited(|events| {
        let mut forged = Journal::of(&["detected", "started analyze"]);
        forged.events[1].key = "forged".into();
        let (kind, payload) = wire::chain::split(&forged.events[1].body);
        let before = Some(&events[0].hash);
        let event = &forged.events[1];
        let hash = wire::chain::hash(before, event.incident, event.position, "forged", &kind, &payload, event.at);
        events[1] = Event { hash, ..event.clone() };
    });
    assert_eq!(broken, Broken::Hash(Position(3)));
}

#[test]
fn a_missing_repeated_or_moved_event_is_found() {
    let (one, two) = (Position(1), Position(2));
    assert_eq!(edited(|events| drop(events.remove(0))), Broken::Position { wanted: one, got: two });
    assert_eq!(edited(|events| drop(events.remove(3))), Broken::Position { wanted: Position(4), got: Position(5) });
    assert_eq!(edited(|events| events.swap(0, 1)), Broken::Position { wanted: one, got: two });
    assert_eq!(edited(|events| events.insert(1, events[0].clone())), Broken::Position { wanted: two, got: one });
}

#[test]
fn a_removed_event_is_found_also_when_the_rest_is_numbered_anew() {
    let broken = edited(|events| {
        events.remove(3);
        for (place, event) in events.iter_mut().enumerate() {
            event.position = Position(place as i64 + 1);
        }
    });
    assert_eq!(broken, Broken::Hash(Position(4)));
}

#[test]
fn a_journal_cut_at_the_end_no_longer_ends_with_the_head_that_the_incident_names() {
    let journal = Journal::of(&["detected", "started analyze", "planned"]);
    let cut = &journal.events[..2];
    assert_eq!(verify(cut), Ok(()), "a chain alone cannot see what is not there");
    assert_ne!(cut.last().map(|event| &event.hash), Some(&journal.incident().head));
}
