//! How much may be done on one target in an hour, and two faults that take turns.

use crate::decisions::case::Case;
use crate::fleet::Fleet;
use crate::sample::{at, code};
use chassis::Clock;
use chrono::TimeDelta;
use healer::intensity::{concerns, decide};
use healer::next::Move;
use wire::event::{Body, EscalationReason, Step};
use wire::incident::{Incident, Status};
use wire::remedies::RecentRemedy;
use wire::{FaultCode, IncidentId};

const PUSH: Move = Move::Start { step: Step::Push, attempt: 1, option: Some(0) };

fn other() -> FaultCode {
    "FAULT_OTHER".parse().unwrap()
}

fn incident() -> Incident {
    Case::new().store.incident
}

/// A remedy of an incident of its own, so many seconds before now.
fn done(code: FaultCode, ago: i64) -> RecentRemedy {
    RecentRemedy { incident: IncidentId::fresh(), code, step: Step::Act, at: at(-ago) }
}

fn decided(recent: &[RecentRemedy], at_most: u32) -> Option<(EscalationReason, String)> {
    match decide(&incident(), recent, at_most, PUSH, at(0)) {
        Move::Record(body) => match *body {
            Body::Escalated { reason, diagnosis } => Some((reason, diagnosis)),
            other => panic!("{other:?}"),
        },
        planned => {
            assert_eq!(planned, PUSH);
            None
        }
    }
}

#[test]
fn as_many_changes_as_are_allowed_are_made_within_an_hour_and_then_a_person_is_called() {
    let recent: Vec<RecentRemedy> = [3599, 2000, 10].map(|ago| done(code(), ago)).into();
    assert_eq!(decided(&recent, 4), None);
    let (reason, diagnosis) = decided(&recent, 3).expect("too many");
    assert_eq!(reason, EscalationReason::TooManyRemedies);
    assert!(
        diagnosis.contains("3 changes were made on patient") && diagnosis.contains("`remedies_per_hour` is 3"),
        "{diagnosis}"
    );
    let older: Vec<RecentRemedy> = [3600, 2000, 10].map(|ago| done(code(), ago)).into();
    assert_eq!(decided(&older, 3), None, "an hour later it does not count");
}

#[test]
fn two_faults_that_take_turns_are_found_out_after_two_turns_each() {
    let turns = [(code(), 400), (other(), 300), (code(), 200), (other(), 100)];
    let recent: Vec<RecentRemedy> = turns.clone().map(|(code, ago)| done(code, ago)).into();
    let (reason, diagnosis) = decided(&recent, 100).expect("they take turns");
    assert_eq!(reason, EscalationReason::Oscillation);
    assert!(diagnosis.contains("FAULT_SAMPLE and FAULT_OTHER took turns on patient"), "{diagnosis}");
    assert_eq!(decided(&recent[1..], 100), None, "three are no proof");
    assert_eq!(decided(&recent[..3], 100), None, "the newest was of the same fault: it came again, nobody took turns");
    let same: Vec<RecentRemedy> = [400, 300, 200, 100].map(|ago| done(other(), ago)).into();
    assert_eq!(decided(&same, 100), None, "one fault alone takes no turns");
}

#[test]
fn several_changes_for_one_fault_in_a_row_are_one_turn_also_when_its_incident_was_reopened() {
    let twice = |code: FaultCode, ago: i64| [done(code.clone(), ago), done(code, ago - 1)];
    let two = [twice(code(), 200), twice(other(), 100)].concat();
    assert_eq!(decided(&two, 100), None);
    let own = incident();
    let mut four = [twice(code(), 400), twice(other(), 300), twice(code(), 200), twice(other(), 100)].concat();
    four.iter_mut().filter(|remedy| remedy.code == own.code).for_each(|remedy| remedy.incident = own.id);
    assert_eq!(decided(&four, 100).map(|(reason, _)| reason), Some(EscalationReason::Oscillation));
}

#[test]
fn what_lies_far_apart_takes_no_turns() {
    let slow: Vec<RecentRemedy> =
        [(code(), 2400), (other(), 1500), (code(), 700), (other(), 100)].map(|(code, ago)| done(code, ago)).into();
    assert_eq!(decided(&slow, 100), None);
}

#[test]
fn a_person_who_approves_or_has_it_tried_again_is_obeyed_once() {
    let recent: Vec<RecentRemedy> = (0..5).map(|ago| done(other(), ago)).collect();
    let planned = |incident: &Incident, recent: &[RecentRemedy]| decide(incident, recent, 5, PUSH, at(0)) == PUSH;
    assert!(!planned(&incident(), &recent));
    assert!(planned(&Incident { approved: Some(wire::Digest::of("the change")), ..incident() }, &recent));
    let retried = Incident { retries: 1, ..incident() };
    assert!(planned(&retried, &recent));
    let own = RecentRemedy { incident: retried.id, ..done(code(), 0) };
    assert!(!planned(&retried, &[recent, vec![own]].concat()), "it was tried");
}

#[test]
fn only_a_move_that_begins_a_change_is_bounded() {
    let incident = incident();
    for (step, bounded) in
        [(Step::Push, true), (Step::Act, true), (Step::Analyze, false), (Step::Undo, false), (Step::Verify, false)]
    {
        assert_eq!(concerns(&incident, &Move::Start { step, attempt: 1, option: None }), bounded, "{step:?}");
    }
    assert!(!concerns(&incident, &Move::Continue { step: Step::Push, attempt: 1 }), "what was begun goes on");
    let eased = Incident { status: Status::Mitigated, ..incident };
    let act = Move::Start { step: Step::Act, attempt: 2, option: Some(0) };
    assert!(!concerns(&eased, &act), "a relief is withdrawn however much was done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loop_stops_at_the_bound_before_anything_is_pushed_and_calls_a_person() {
    let fleet = Fleet::start();
    let now = fleet.ground.now();
    let recent = (0..20).map(|ago| RecentRemedy { at: now - TimeDelta::seconds(ago), ..done(other(), 0) });
    fleet.ground.store().recent = recent.collect();
    let _healer = fleet.healer();
    let incident = fleet.rests().await;
    assert_eq!((incident.status, incident.escalation), (Status::Escalated, Some(EscalationReason::TooManyRemedies)));
    assert_eq!(fleet.ground.asked(), ["plan", "propose-1"]);
}
