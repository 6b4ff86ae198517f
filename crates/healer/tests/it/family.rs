//! What becomes of an incident that rests under another one.

use crate::sample::at;
use crate::world::World;
use chrono::{DateTime, TimeDelta, Utc};
use healer::family::next;
use healer::next::Move;
use wire::event::Body;
use wire::incident::{Incident, Status};
use wire::plan::Verdict;

const QUIET: TimeDelta = TimeDelta::seconds(60);

fn incident(n: u8) -> Incident {
    let mut incident = World::new().store.incident;
    incident.id = format!("01890a5d-ac96-774b-bcce-00000000000{n}").parse().unwrap();
    incident
}

fn child() -> Incident {
    Incident { status: Status::Correlated, parent: Some(incident(1).id), ..incident(2) }
}

fn resolved() -> Incident {
    Incident { status: Status::Resolved, resolved_at: Some(at(100)), ..incident(1) }
}

#[track_caller]
fn check(parent: Option<&Incident>, last_at: i64, now: i64, wanted: Result<i64, &str>) -> String {
    match (next(&child(), parent, at(last_at), QUIET, at(now)), wanted) {
        (Move::WaitUntil(until), Ok(wanted)) => {
            assert_eq!(until, at(wanted));
            String::new()
        }
        (Move::Record(body), Err(kind)) => {
            assert_eq!(body.kind(), kind, "{body:?}");
            match *body {
                Body::Separated { why } | Body::Correlated { why, .. } => why,
                Body::Dismissed { verdict: Verdict::Recovered, why } => why,
                other => panic!("{other:?}"),
            }
        }
        (found, _) => panic!("{found:?}"),
    }
}

#[test]
fn it_rests_while_its_parent_is_on_its_way() {
    for status in Status::ALL {
        let is_on_its_way = status.is_under_way()
            || matches!(status, Status::Detected | Status::Analyzing | Status::Planned | Status::AwaitingApproval);
        if is_on_its_way {
            check(Some(&Incident { status, ..incident(1) }), 50, 60, Ok(70));
        }
    }
}

#[test]
fn what_goes_on_though_its_parent_is_mitigated_is_looked_at_by_itself() {
    let mitigated = Incident { status: Status::Mitigated, updated_at: at(100), ..incident(1) };
    check(Some(&mitigated), 105, 106, Ok(116));
    let why = check(Some(&mitigated), 106, 106, Err("separated"));
    assert!(why.contains("6 s after FAULT_SAMPLE of patient was mitigated"), "{why}");
}

#[test]
fn quiet_since_the_cure_it_has_gone_with_its_cause_and_not_before() {
    check(Some(&resolved()), 99, 101, Ok(160));
    check(Some(&resolved()), 99, 159, Ok(160));
    let why = check(Some(&resolved()), 99, 160, Err("dismissed"));
    assert!(why.starts_with("it was not seen for 60 s since FAULT_SAMPLE of patient was cured"), "{why}");
    check(Some(&resolved()), 105, 160, Err("dismissed"));
}

#[test]
fn seen_after_the_cure_it_is_looked_at_by_itself_at_once() {
    let why = check(Some(&resolved()), 106, 107, Err("separated"));
    assert!(why.contains("6 s after FAULT_SAMPLE of patient was cured"), "{why}");
}

#[test]
fn an_end_that_cures_nothing_sets_it_free() {
    for status in [Status::Escalated, Status::Advised, Status::Suppressed, Status::Dismissed, Status::Archived] {
        check(Some(&Incident { status, ..incident(1) }), 50, 60, Err("separated"));
    }
    check(None, 50, 60, Err("separated"));
}

#[test]
fn a_parent_that_went_with_its_own_cause_is_as_good_as_cured() {
    let gone = Incident { status: Status::Dismissed, parent: Some(incident(9).id), updated_at: at(100), ..incident(1) };
    check(Some(&gone), 99, 101, Ok(160));
    check(Some(&gone), 106, 107, Err("separated"));
}

#[test]
fn it_moves_up_with_its_parent_and_of_two_that_rest_under_each_other_one_goes_on() {
    let above = Incident { status: Status::Correlated, parent: Some(incident(9).id), ..incident(1) };
    check(Some(&above), 50, 60, Err("correlated"));
    let mutual = Incident { status: Status::Correlated, parent: Some(child().id), ..incident(1) };
    check(Some(&mutual), 50, 60, Ok(70));
    let later: Incident = Incident { parent: Some(mutual.id), ..child() };
    let now: DateTime<Utc> = at(60);
    let Move::Record(body) = next(&mutual, Some(&later), at(50), QUIET, now) else { panic!("the first goes on") };
    assert_eq!(body.kind(), "separated");
}
