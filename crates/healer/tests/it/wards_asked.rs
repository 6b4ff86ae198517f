//! A playbook that a person is asked about: looked at, asked, done just so; and what becomes of it while it waits.

use crate::decisions::case::Case;
use crate::sample::{at, known, policy};
use crate::wards::{acted, invariant, playbook, resource, tried};
use chrono::TimeDelta;
use healer::next::Move;
use healer::policy::{Limits, Policy};
use healer::task::{self, Around, Task};
use healer::ward;
use wire::event::{Body, EscalationReason, Step};
use wire::incident::Status;
use wire::runtime::{ActOutcome, Intent, Invariant, Prepared, Remedy, WardTask, lost};
use wire::target::Autonomy;
use wire::{Authority, Digest, Epoch, Fence};

fn prepared(case: &Case, seen: Vec<Invariant>, remedies: Vec<Remedy>, kept: bool) -> Prepared {
    let intent = Intent {
        digest: Digest::of(""),
        target: case.store.incident.target.clone(),
        code: case.store.incident.code.clone(),
        resource: resource(),
        mode: "configuration".into(),
        lost: lost(&seen),
        remedies,
        diagnosis: "The file is torn.".into(),
        at: at(0),
    };
    Prepared { intent: intent.sealed(), seen, kept, advice: vec!["Look at it.".into()] }
}

fn remedies() -> Vec<Remedy> {
    vec![tried(true).remedy]
}

fn ill(case: &Case) -> Prepared {
    prepared(case, vec![invariant(Some(false))], remedies(), false)
}

fn asking() -> Case {
    let mut case = Case::with(Policy { autonomy: Autonomy::Approve, ..policy() });
    case.planned(vec![playbook(), known("a rule")]).starts(Step::Propose);
    let body = ward::prepared(&case.store.incident, ill(&case)).unwrap();
    case.write(body);
    case
}

/// A person is asked, and it is looked at again.
fn looking() -> Case {
    let mut case = asking();
    case.records("approval_requested");
    let Move::WaitUntil(look) = case.next_at(case.store.now) else { panic!("{:?}", case.next_at(case.store.now)) };
    let Move::Start { step, attempt, option } = case.next_at(look) else { panic!("{:?}", case.next_at(look)) };
    assert_eq!((step, attempt), (Step::Propose, 2));
    case.write(Body::Started { step, attempt, option, policy: Digest::of("policy") });
    case
}

fn approved(case: &mut Case) {
    let digest = case.store.incident.proposed().unwrap().clone();
    case.write(Body::Approved { digest, by: "ann".into(), note: String::new() });
}

#[test]
fn a_person_is_asked_about_what_was_looked_at_and_just_that_is_done() {
    let mut case = asking();
    let Body::ApprovalRequested { digest, why, .. } = case.records("approval_requested") else { unreachable!() };
    assert_eq!(digest, ill(&case).intent.digest);
    assert!(why.starts_with("a person approves each change of this fault"), "{why}");
    approved(&mut case);
    case.starts(Step::Act);
    let around = Around {
        authority: Authority { fence: Fence(1), epoch: Epoch(1) },
        language: "python",
        declared: None,
        playbook: None,
        replays_live: false,
        models: false,
        suspects: vec![],
        front: "http://127.0.0.1:1",
        trace_parent: None,
    };
    let Ok(Task::Ward(WardTask::Act(act))) = task::of(&case.store.incident, Step::Act, &around) else { panic!() };
    assert_eq!(act.approved.map(|intent| intent.digest), Some(digest));
    let body = acted(&case, ActOutcome::Healed, vec![tried(true)]);
    case.write(body).starts(Step::Verify);
}

#[test]
fn an_option_that_is_too_risky_to_be_done_alone_is_asked_about_too() {
    let limits = Limits { min_confidence: 0.5, ..policy().limits };
    let mut case = Case::with(Policy { limits, ..policy() });
    case.planned(vec![wire::plan::PlanOption { confidence: 0.1, ..playbook() }]).starts(Step::Propose);
    let body = ward::prepared(&case.store.incident, ill(&case)).unwrap();
    case.write(body).records("approval_requested");
}

#[test]
fn what_warden_finds_to_be_something_else_is_not_done_and_asked_anew_but_not_for_ever() {
    let mut case = asking();
    for _ in 0..=policy().limits.base_moves {
        case.records("approval_requested");
        approved(&mut case);
        case.starts(Step::Act);
        let body = acted(&case, ActOutcome::NotApproved, vec![]);
        let Body::Refused { refusal, .. } = &body else { panic!("{body:?}") };
        assert!(refusal.code == "not_approved" && refusal.why.contains("was not done"), "{refusal:?}");
        case.write(body);
        assert_eq!((case.store.incident.status, &case.store.incident.approved), (Status::Planned, &None));
        if case.store.incident.base_moved > policy().limits.base_moves {
            break;
        }
        case.starts(Step::Propose);
        let body = ward::prepared(&case.store.incident, ill(&case)).unwrap();
        case.write(body);
    }
    case.escalates(EscalationReason::StepFailed);
}

#[test]
fn what_gets_well_while_it_waits_is_dismissed_and_asks_nobody_any_more() {
    let mut case = looking();
    let well = prepared(&case, vec![invariant(Some(true))], vec![], false);
    let body = ward::prepared(&case.store.incident, well).unwrap();
    assert_eq!(body.kind(), "dismissed");
    case.write(body);
    assert_eq!(case.next(), Move::Rest);
}

#[test]
fn what_is_as_it_was_waits_on_until_the_same_time_and_is_looked_at_less_often() {
    let mut case = looking();
    let (expires, asked) = (case.store.incident.approval_expires_at, case.store.now);
    let body = ward::prepared(&case.store.incident, ill(&case)).unwrap();
    case.write(body);
    let incident = &case.store.incident;
    assert_eq!((incident.status, incident.approval_expires_at), (Status::AwaitingApproval, expires));
    let last = incident.intent.as_ref().unwrap().at;
    assert_eq!(case.next_at(asked), Move::WaitUntil(last + TimeDelta::seconds(30)));
    approved(&mut case);
    case.starts(Step::Act);
}

#[test]
fn what_would_be_something_else_meanwhile_is_asked_anew() {
    let mut case = looking();
    let other = prepared(&case, vec![invariant(Some(false)), invariant(None)], remedies(), false);
    let body = ward::prepared(&case.store.incident, other).unwrap();
    case.write(body).starts(Step::Propose);
    assert_eq!(case.store.incident.proposed(), None, "the approval of before is for nothing");
}

#[test]
fn looks_without_a_result_neither_give_up_nor_hold_up_what_is_approved_then() {
    let mut case = looking();
    case.fails(Step::Propose);
    for _ in 0..policy().limits.attempts {
        let Move::WaitUntil(look) = case.next_at(case.store.now) else { panic!("{:?}", case.next()) };
        let Move::Start { step, attempt, option } = case.next_at(look) else { panic!("{:?}", case.next_at(look)) };
        case.write(Body::Started { step, attempt, option, policy: Digest::of("policy") }).fails(Step::Propose);
    }
    assert_eq!(case.store.incident.status, Status::AwaitingApproval);
    approved(&mut case);
    assert!(matches!(case.next_at(case.store.now), Move::Start { step: Step::Act, .. }));
}

#[test]
fn an_approval_in_the_middle_of_a_look_counts() {
    let mut case = looking();
    approved(&mut case);
    case.starts(Step::Act);
}

#[test]
fn a_word_that_does_not_come_or_is_no_ends_with_a_person() {
    let mut late = asking();
    late.records("approval_requested");
    late.store.now += TimeDelta::hours(2);
    late.records("approval_expired");
    assert_eq!(late.store.incident.escalation, Some(EscalationReason::ApprovalExpired));
    let mut declined = asking();
    declined.records("approval_requested");
    declined.write(Body::ApprovalRejected { by: "ann".into(), why: "not today".into() });
    assert_eq!(declined.store.incident.escalation, Some(EscalationReason::ApprovalRejected));
    assert_eq!((late.next(), declined.next()), (Move::Rest, Move::Rest));
    declined.write(Body::Retried { by: "ann".into(), note: String::new() });
    declined.planned(vec![playbook(), known("a rule")]).starts(Step::Propose);
    assert_eq!(declined.store.incident.option, Some(1), "what was declined is not asked about again");
}

#[test]
fn what_nothing_can_be_tried_for_gives_way_and_what_nobody_can_tell_is_a_failure() {
    let mut case = Case::with(Policy { autonomy: Autonomy::Approve, ..policy() });
    case.planned(vec![playbook(), known("a rule")]).starts(Step::Propose);
    let unknown = prepared(&case, vec![invariant(None)], vec![], false);
    assert_eq!(ward::prepared(&case.store.incident, unknown).unwrap_err().code, "unverified");
    let helpless = prepared(&case, vec![invariant(Some(false))], vec![], false);
    let body = ward::prepared(&case.store.incident, helpless).unwrap();
    case.write(body).starts(Step::Propose);
    assert_eq!(case.store.incident.option, Some(1));
}

#[test]
fn what_was_approved_before_and_made_it_well_is_told_and_proved_and_asks_nobody() {
    let mut case = Case::with(Policy { autonomy: Autonomy::Approve, ..policy() });
    case.planned(vec![playbook()]).starts(Step::Propose);
    let well = prepared(&case, vec![invariant(Some(true))], vec![], true);
    let body = ward::prepared(&case.store.incident, well).unwrap();
    case.write(body).starts(Step::Act);
    let body = acted(&case, ActOutcome::Healed, vec![tried(true)]);
    case.write(body).starts(Step::Verify);
}
