use super::*;
use crate::testing::incident;
use wire::handover::{Attempt, HandOver};
use wire::incident::{Acted, Eased};
use wire::runtime::ActOutcome;

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_000_000_000 + ms).unwrap()
}

fn record(change: impl FnOnce(&mut HandOver)) -> Record {
    let request = serde_json::json!({"target": "a-target", "idempotency_key": "k", "failure": {"status": 500, "at": at(0)},
        "call": {"method": "GET", "path": "/a"}});
    let mut request: HandOver = serde_json::from_value(request).unwrap();
    change(&mut request);
    Record::new("a-caller", request, at(0), at(60_000))
}

/// A record after attempts that ended at a time with a status; none: nobody knows.
fn after(attempts: &[(i64, Option<u16>, &str)]) -> Record {
    let mut record = record(|_| {});
    for ((ended, status, basis), number) in attempts.iter().zip(1..) {
        let (begun, unknown) = (at(*ended - 50), status.is_none());
        let attempt = Attempt { number, at: begun, mitigated: false, status: *status, error: None, unknown };
        let (basis, ended_at) = ((*basis).to_owned(), Some(at(*ended)));
        record.attempts.push(Kept { attempt, basis, until: begun + TimeDelta::seconds(10), ended_at });
    }
    record
}

fn with(status: Status) -> Incident {
    let resolved_at = (status == Status::Resolved).then(|| at(1_000));
    let (what, outcome) = ("room made".to_owned(), ActOutcome::Relieved);
    let acted = Acted { what, outcome, at: at(500), occurrences: 1, again: false };
    let acted = (status == Status::Mitigated).then_some(acted);
    Incident { status, resolved_at, acted, ..incident() }
}

#[track_caller]
fn check(record: &Record, incident: Option<&Incident>, now: i64, wanted: Move) {
    let verdict = incident.is_some().then_some(Verdict::Recovered);
    assert_eq!(next(record, incident, verdict, true, TimeDelta::seconds(10), at(now)), wanted);
}

#[track_caller]
fn repeats(record: &Record, incident: &Incident, now: i64) -> Repetition {
    match next(record, Some(incident), Some(Verdict::Recovered), true, TimeDelta::seconds(10), at(now)) {
        Move::Repeat(repetition) => repetition,
        other => panic!("{other:?}"),
    }
}

const UNTIL_THE_END: i64 = 60_000 - 700;

#[test]
fn a_named_occurrence_is_waited_for_and_then_the_failure_is_reported() {
    let named = record(|request| request.failure.event_id = Some("an-event".parse().unwrap()));
    check(&named, None, 0, Move::Find(at(5_000)));
    check(&named, None, 4_999, Move::Find(at(5_000)));
    check(&named, None, 5_000, Move::Report(at(6_000)));
    check(&record(|_| {}), None, 0, Move::Report(at(1_000)));
    check(&named, None, 59_000, Move::Report(at(59_500)));
    check(&named, None, 59_500, Move::End(Outcome::Failed));
}

#[test]
fn nothing_is_repeated_while_the_incident_is_worked_on() {
    for status in Status::ALL {
        let got = next(&record(|_| {}), Some(&with(status)), None, true, TimeDelta::seconds(10), at(2_000));
        let wanted = match status {
            Status::Resolved | Status::Mitigated => matches!(got, Move::Repeat(_)),
            Status::Escalated | Status::Advised | Status::Suppressed | Status::Dismissed | Status::Archived => {
                got == Move::End(Outcome::Failed)
            }
            _ => got == Move::Wait(at(UNTIL_THE_END)),
        };
        assert!(wanted, "{status:?}: {got:?}");
    }
    assert!(matches!(
        next(
            &record(|_| {}),
            Some(&with(Status::Dismissed)),
            Some(Verdict::Recovered),
            true,
            TimeDelta::seconds(10),
            at(0)
        ),
        Move::Repeat(_)
    ));
    check(&record(|_| {}), Some(&with(Status::AwaitingApproval)), UNTIL_THE_END, Move::End(Outcome::Failed));
}

#[test]
fn a_call_takes_no_longer_than_is_left() {
    let (record, healed) = (record(|_| {}), with(Status::Resolved));
    let early = repeats(&record, &healed, 2_000);
    assert_eq!((early.number, early.mitigated, early.limit), (1, false, TimeDelta::seconds(10)));
    assert_eq!(early.until, at(12_500));
    let late = repeats(&record, &healed, 58_000);
    assert_eq!((late.limit, late.until), (TimeDelta::milliseconds(1_400), at(59_500)));
    check(&record, Some(&healed), UNTIL_THE_END, Move::End(Outcome::Failed));
}

#[test]
fn what_may_only_be_carried_out_once_is_healed_and_not_repeated() {
    let post = |repeatable| {
        record(move |request| {
            (request.call.method, request.repeatable) = ("POST".into(), repeatable);
        })
    };
    check(&post(false), Some(&with(Status::Resolved)), 2_000, Move::End(Outcome::NotRetried));
    check(&post(false), Some(&with(Status::Mitigated)), 2_000, Move::Wait(at(UNTIL_THE_END)));
    check(&post(false), Some(&with(Status::Mitigated)), UNTIL_THE_END, Move::End(Outcome::NotRetried));
    check(&post(false), Some(&with(Status::Escalated)), 2_000, Move::End(Outcome::Failed));
    assert_eq!(repeats(&post(true), &with(Status::Resolved), 2_000).number, 1);
}

#[test]
fn an_intention_counts_whether_or_not_its_outcome_is_known() {
    let healed = with(Status::Resolved);
    let mut flying = after(&[(2_000, None, "x")]);
    flying.attempts[0].ended_at = None;
    check(&flying, Some(&healed), 2_001, Move::Wait(at(11_950)));
    check(&flying, Some(&healed), 11_950, Move::Lose);
    assert_eq!(repeats(&after(&[(2_000, None, "x")]), &healed, 2_001).number, 2);
    check(&after(&[(2_000, None, "x"), (3_000, None, "y")]), Some(&healed), 3_001, Move::End(Outcome::Unverified));
    check(&after(&[(2_000, None, "x"), (3_000, Some(500), "y")]), Some(&healed), 3_001, Move::End(Outcome::Failed));
}

#[test]
fn it_is_repeated_once_more_when_it_is_well_anew_or_stays_well_for_a_moment() {
    let healed = with(Status::Resolved);
    let basis = repeats(&record(|_| {}), &healed, 1_500).basis;
    let failed = after(&[(2_000, Some(500), &basis)]);
    check(&failed, Some(&healed), 2_001, Move::Wait(at(7_000)));
    assert_eq!(repeats(&failed, &healed, 7_000).number, 2);
    check(&failed, Some(&with(Status::Proposing)), 7_000, Move::Wait(at(UNTIL_THE_END)));
    let again = Incident { resolved_at: Some(at(4_000)), ..healed.clone() };
    assert_eq!(repeats(&failed, &again, 4_001).number, 2);
    let twice = after(&[(2_000, Some(500), &basis), (8_000, Some(503), &basis)]);
    check(&twice, Some(&with(Status::Proposing)), 8_001, Move::End(Outcome::Failed));
    check(&after(&[(2_000, Some(404), &basis)]), Some(&healed), 2_001, Move::End(Outcome::Failed));
    check(&after(&[(2_000, Some(429), &basis)]), Some(&healed), 2_001, Move::Wait(at(7_000)));
}

#[test]
fn a_relief_is_tried_once_and_the_last_repetition_is_kept_for_the_cure() {
    let until = at(30_000);
    let eased =
        Eased { what: "stale answers".into(), since: at(500), until, withdrawn_at: None, looked_at: None, looks: 0 };
    let under_way = Incident { eased: Some(eased.clone()), ..with(Status::Proposing) };
    let first = repeats(&record(|_| {}), &under_way, 600);
    assert!(first.mitigated);
    let tried = after(&[(700, Some(503), &first.basis)]);
    check(&tried, Some(&under_way), 20_000, Move::Wait(at(UNTIL_THE_END)));
    assert!(!repeats(&tried, &with(Status::Resolved), 20_000).mitigated);
    check(&record(|_| {}), Some(&under_way), 30_000, Move::Wait(at(UNTIL_THE_END)));
    let withdrawn = Eased { withdrawn_at: Some(at(900)), ..eased };
    let under_way = Incident { eased: Some(withdrawn), ..under_way };
    check(&record(|_| {}), Some(&under_way), 1_000, Move::Wait(at(UNTIL_THE_END)));
    let post = record(|request| (request.call.method, request.repeatable) = ("POST".into(), true));
    for status in [Status::Proposing, Status::Mitigated] {
        let eased = Incident { eased: tried_relief(), acted: None, ..with(status) };
        check(&post, Some(&eased), 1_000, Move::Wait(at(UNTIL_THE_END)));
        assert!(repeats(&record(|_| {}), &eased, 1_000).mitigated, "{status:?}");
    }
    let acted = Incident { eased: tried_relief(), ..with(Status::Mitigated) };
    assert!(repeats(&post, &acted, 1_000).mitigated, "what was done at the target itself stands for effects, too");
}

fn tried_relief() -> Option<Eased> {
    Some(Eased {
        what: "a breaker".into(),
        since: at(500),
        until: at(50_000),
        withdrawn_at: None,
        looked_at: None,
        looks: 0,
    })
}

#[test]
fn what_was_healed_before_is_only_reported_when_the_call_fails_again() {
    let healed = with(Status::Resolved);
    let unreported = |record: &Record| next(record, Some(&healed), None, false, TimeDelta::seconds(10), at(2_001));
    assert!(matches!(unreported(&record(|_| {})), Move::Repeat(_)));
    assert_eq!(unreported(&after(&[(2_000, Some(500), "x")])), Move::Report(at(3_001)));
    assert_eq!(unreported(&after(&[(2_000, Some(404), "x")])), Move::End(Outcome::Failed));
    assert!(matches!(unreported(&after(&[(2_000, None, "x")])), Move::Repeat(_)), "nobody knows whether it fails");
}
