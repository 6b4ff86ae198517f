//! What is tried again: by itself after a while, or because a person says so.

use super::case::{Case, admitted};
use crate::sample::known;
use chrono::TimeDelta;
use healer::next::Move;
use wire::event::{Body, EscalationReason, Step};

#[test]
fn what_hinders_a_step_and_may_pass_is_waited_out_and_then_a_person_is_called() {
    let mut case = Case::new();
    case.planned(vec![known("first")]);
    let mut attempts = 0;
    // Each attempt comes when it may, and is in vain.
    loop {
        match case.next_at(case.store.now) {
            Move::WaitUntil(again) => case.store.now = again,
            Move::Start { .. } => {}
            _ => break,
        }
        case.starts(Step::Propose).fails_for(Step::Propose, true);
        attempts += 1;
        assert!(attempts < 12, "waits double, so there are few attempts");
    }
    let lasted = case.store.now - case.store.incident.failing_since.unwrap();
    assert!(attempts > 3 && lasted >= TimeDelta::seconds(10), "{attempts} attempts in {lasted}");
    case.escalates(EscalationReason::StepFailed);
}

#[test]
fn what_hindered_a_step_and_has_passed_is_forgotten() {
    let mut case = Case::new();
    case.planned(vec![known("first")]);
    for _ in 0..3 {
        case.starts(Step::Propose).fails_for(Step::Propose, true);
    }
    case.starts(Step::Propose).write(admitted(0));
    case.starts(Step::Push).fails(Step::Push);
    assert_eq!((case.store.incident.failures_in_a_row, case.store.incident.may_pass), (1, false));
    case.starts(Step::Push).fails(Step::Push);
    case.escalates(EscalationReason::StepFailed);
}

#[test]
fn what_a_person_has_tried_again_gets_a_new_plan_without_what_was_refused() {
    let mut case = Case::new();
    case.planned(vec![known("first")]).starts(Step::Propose).refuse("witness");
    case.escalates(EscalationReason::OptionsExhausted);
    case.write(Body::Retried { by: "ann".into(), note: "a cure was given".into() });
    case.planned(vec![known("first"), known("second")]).starts(Step::Propose);
    assert_eq!(case.store.incident.option, Some(1));
    case.refuse("witness");
    case.escalates(EscalationReason::OptionsExhausted);
}
