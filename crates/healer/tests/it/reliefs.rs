//! What is eased at the front, when, and when that is taken back.

use crate::decisions::case::{Case, judged};
use crate::sample::{known, plan, policy};
use chrono::{DateTime, TimeDelta, Utc};
use healer::next::Move;
use healer::policy::Policy;
use wire::event::{Body, EscalationReason, Step};
use wire::incident::Status;
use wire::plan::Verdict;
use wire::relief::Withdrawn;
use wire::target::{Autonomy, ReplayPermission};
use wire::verification::Judgement;

fn case() -> Case {
    Case::with(Policy { relief: true, ..policy() })
}

/// Beyond every moment that a test looks at.
fn long(case: &Case) -> DateTime<Utc> {
    case.store.now + TimeDelta::days(2)
}

fn eased() -> Case {
    let mut case = case();
    let until = long(&case);
    case.starts(Step::Relieve).write(Body::Relieved { what: "older answers".into(), until });
    case
}

fn withdrawn(answered: Option<u64>) -> Body {
    Body::Withdrawn(Withdrawn { what: "older answers".into(), answered })
}

#[test]
fn it_is_eased_before_its_cause_is_looked_for_and_proved_once_more_when_that_is_taken_back() {
    let mut case = eased();
    assert_eq!(case.store.incident.status, Status::Mitigated);
    case.deployed().starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    case.starts(Step::Withdraw).write(withdrawn(None));
    case.starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    let Body::Resolved { certificate } = case.records("resolved") else { unreachable!() };
    assert!(certificate.relief.is_some_and(|relief| relief.starts_with("older answers, from ")));
    case.starts(Step::Learn);
}

#[test]
fn what_is_proved_is_not_resolved_while_a_relief_stands() {
    let mut case = eased();
    case.deployed().starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    for _ in 0..case.policy.limits.attempts {
        case.starts(Step::Withdraw).fails(Step::Withdraw);
    }
    let next = case.next();
    assert!(matches!(next, Move::Start { step: Step::Withdraw, .. }), "until it ends by itself: {next:?}");
    let Move::Record(body) = case.next_at(long(&case)) else { panic!("it has run out") };
    assert!(matches!(&*body, Body::Withdrawn(Withdrawn { what, .. }) if what.contains("run out")), "{body:?}");
    case.write(*body);
    assert_eq!(case.store.incident.failures_in_a_row, 0);
    case.starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    case.records("resolved");
}

#[test]
fn a_relief_that_fails_is_tried_once_keeps_no_cure_waiting_and_is_withdrawn_all_the_same() {
    let mut case = case();
    let now = case.store.now;
    case.starts(Step::Relieve).fails(Step::Relieve);
    let next = case.next_at(now);
    assert!(matches!(next, Move::Start { step: Step::Analyze, .. }), "at once: {next:?}");
    assert_eq!(case.store.incident.failures_in_a_row, 0);
    let policy = case.policy.digest();
    case.write(Body::Started { step: Step::Analyze, attempt: 1, option: None, policy });
    case.write(Body::Dismissed { verdict: Verdict::Noise, why: "nothing".into() });
    let next = case.next_at(now);
    assert!(matches!(next, Move::Start { step: Step::Withdraw, .. }), "nobody knows whether it stands: {next:?}");
}

#[test]
fn nothing_is_eased_where_the_file_has_no_relief_or_a_person_is_to_be_asked() {
    Case::new().starts(Step::Analyze);
    for autonomy in [Autonomy::Observe, Autonomy::Suggest, Autonomy::Approve] {
        Case::with(Policy { relief: true, autonomy, ..policy() }).starts(Step::Analyze);
    }
}

#[test]
fn what_is_found_to_be_nothing_or_closed_by_a_person_is_eased_no_more() {
    let mut dismissed = eased();
    dismissed.starts(Step::Analyze).write(Body::Dismissed { verdict: Verdict::Noise, why: "nothing".into() });
    dismissed.starts(Step::Withdraw).write(withdrawn(None));
    assert_eq!(dismissed.next(), Move::Rest);
    let mut given_up = eased();
    given_up.policy.replay = ReplayPermission::Scratch;
    given_up.planned(vec![]).records("escalated");
    assert_eq!(given_up.next(), Move::Rest, "it stands while a person works, until its end");
    given_up.write(Body::ResolvedByPerson { by: "ann".into(), note: "mended".into() });
    given_up.starts(Step::Withdraw).write(withdrawn(None));
    assert_eq!(given_up.next(), Move::Rest);
}

#[test]
fn a_relief_that_has_run_out_while_another_option_is_due_is_put_in_force_again() {
    let mut case = case();
    let soon = case.store.now + TimeDelta::minutes(1);
    case.starts(Step::Relieve).write(Body::Relieved { what: "older answers".into(), until: soon });
    case.planned(vec![known("first"), known("second")]);
    let stands = case.next_at(case.store.now);
    assert!(matches!(stands, Move::Start { step: Step::Propose, .. }), "{stands:?}");
    case.starts(Step::Relieve);
}

#[test]
fn a_relief_that_has_run_out_is_put_in_force_again_after_a_rollback() {
    let mut case = eased();
    case.deployed().starts(Step::Verify).write(Body::VerificationFailed { report: judged(Judgement::Broken) });
    case.starts(Step::Undo).write(Body::Undone { why: "it did not heal".into(), commit: None });
    assert_eq!(case.store.incident.status, Status::RolledBack);
    let later = case.next_at(long(&case));
    assert!(matches!(later, Move::Start { step: Step::Relieve, .. }), "{later:?}");
}

/// Everything that is known was refused, while a relief stands.
fn held() -> Case {
    let mut case = eased();
    case.planned(vec![known("first")]).starts(Step::Propose).refuse("contract_broken");
    let Body::Mitigated { what } = case.records("mitigated") else { unreachable!() };
    assert!(what.contains("older answers") && what.contains("gate three said no"), "a person is told all: {what}");
    case
}

/// When it is looked again.
#[track_caller]
fn looks_after(case: &Case) -> i64 {
    let Move::WaitUntil(at) = case.next_at(case.store.now) else { panic!("{:?}", case.next_at(case.store.now)) };
    (at - case.store.now).num_seconds()
}

/// Looks, and this is what is seen.
#[track_caller]
fn look(case: &mut Case, judgement: Judgement) {
    case.store.now += TimeDelta::seconds(61);
    let now = case.store.now;
    let Move::Start { step: Step::Verify, attempt, option } = case.next_at(now) else {
        panic!("{:?}", case.next_at(now))
    };
    case.write(Body::Started { step: Step::Verify, attempt, option, policy: case.policy.digest() });
    let report = judged(judgement);
    case.write(match judgement {
        Judgement::Met => Body::Verified { report },
        Judgement::Broken | Judgement::NoWitness => Body::VerificationFailed { report },
        Judgement::Unverified => Body::Unverified { report },
    });
}

#[test]
fn what_nothing_known_heals_stays_eased_is_looked_at_ever_less_often_and_ends_by_itself_when_it_is_over() {
    let mut case = held();
    assert!((1..=2).contains(&looks_after(&case)), "soon at first");
    for judgement in [Judgement::Broken, Judgement::Unverified, Judgement::NoWitness] {
        look(&mut case, judgement);
    }
    assert!((11..=20).contains(&looks_after(&case)));
    look(&mut case, Judgement::Met);
    case.starts(Step::Withdraw).write(withdrawn(Some(7)));
    case.starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    let Body::Dismissed { verdict, why } = case.records("dismissed") else { unreachable!() };
    assert_eq!(verdict, Verdict::Recovered, "{why}");
    assert_eq!((case.next(), case.store.incident.undo.as_ref()), (Move::Rest, None));
}

#[test]
fn a_relief_that_answered_nobody_is_taken_back_without_a_second_proof() {
    let mut case = held();
    look(&mut case, Judgement::Met);
    case.starts(Step::Withdraw).write(withdrawn(Some(0)));
    case.records("dismissed");
    let mut healed = eased();
    healed.deployed().starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    healed.starts(Step::Withdraw).write(withdrawn(Some(0)));
    healed.records("resolved");
}

#[test]
fn what_is_back_without_its_relief_is_eased_again_and_the_third_time_a_person_is_called() {
    let mut case = held();
    for round in 1..=3 {
        look(&mut case, Judgement::Met);
        case.starts(Step::Withdraw).write(withdrawn(None));
        look(&mut case, Judgement::Broken);
        if round < 3 {
            let until = long(&case);
            case.starts(Step::Relieve).write(Body::Relieved { what: "older answers".into(), until });
        }
    }
    case.escalates(EscalationReason::OptionsExhausted);
}

#[test]
fn a_person_is_called_when_what_eases_it_has_ended_and_where_nobody_can_tell_whether_it_is_over() {
    let mut ended = held();
    ended.store.now = long(&ended);
    ended.escalates(EscalationReason::OptionsExhausted);
    let mut unseen = eased();
    unseen.policy.replay = ReplayPermission::Never;
    unseen.planned(vec![]).escalates(EscalationReason::NoRemedy);
    let mut unrelieved = case();
    unrelieved.starts(Step::Relieve).fails(Step::Relieve);
    let policy = unrelieved.policy.digest();
    unrelieved.write(Body::Started { step: Step::Analyze, attempt: 1, option: None, policy });
    unrelieved.write(Body::Planned { plan: plan(vec![]) });
    let Move::Record(body) = unrelieved.next_at(unrelieved.store.now) else { panic!("nobody knows whether it stands") };
    assert!(matches!(*body, Body::Escalated { reason: EscalationReason::NoRemedy, .. }), "{body:?}");
}
