//! `next`, rule by rule. The model plays whole recoveries; here stands what each rule says.

pub(crate) mod case;
mod later;

use crate::sample::{at, commit, known, policy, unknown};
use case::{Case, judged, rollout};
use chrono::TimeDelta;
use healer::next::Move;
use healer::policy::Policy;
use wire::Digest;
use wire::event::{Body, EscalationReason, Step};
use wire::rollout::RolloutOutcome;
use wire::target::{Autonomy, ReplayPermission};
use wire::verification::Judgement;

#[test]
fn a_heal_goes_step_by_step_and_ends_with_a_certificate_over_the_journal() {
    let mut case = Case::new();
    case.deployed().starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    let head = case.store.incident.head.clone();
    let Body::Resolved { certificate } = case.records("resolved") else { unreachable!() };
    assert_eq!((certificate.head, certificate.commit), (head, Some(commit(1))));
    assert_eq!(
        (certificate.proposal, certificate.artefact),
        (Some(Digest::of("proposal")), Some(Digest::of("artefact")))
    );
    case.starts(Step::Learn).write(Body::Learned { document: "learned".into() });
    assert_eq!(case.next(), Move::Rest);
}

#[test]
fn an_occurrence_in_between_changes_the_certificate_but_not_the_move() {
    let mut case = Case::new();
    case.deployed().starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    let before = case.next();
    case.store.detect_again();
    assert_ne!(case.next(), before);
    case.records("resolved");
}

#[test]
fn nothing_known_is_told_to_a_person_with_the_diagnosis() {
    for options in [vec![], vec![unknown()]] {
        let mut case = Case::new();
        let diagnosis = case.planned(options).escalates(EscalationReason::NoRemedy);
        for part in ["No remedy is known", "FAULT_SAMPLE on patient (because)", "it broke", "a bad statement"] {
            assert!(diagnosis.contains(part), "{part:?} is missing in {diagnosis}");
        }
    }
}

#[test]
fn options_are_tried_in_order_and_unknown_ones_never() {
    let mut case = Case::new();
    case.planned(vec![unknown(), known("first"), unknown(), known("second")]);
    for wanted in [1, 3] {
        case.starts(Step::Propose);
        assert_eq!(case.store.incident.option, Some(wanted));
        case.refuse("witness");
    }
    let diagnosis = case.escalates(EscalationReason::OptionsExhausted);
    assert!(diagnosis.contains("option 3: witness: gate three said no"), "{diagnosis}");
    assert!(diagnosis.contains("Option 1: first (came to nothing)"), "{diagnosis}");
}

#[test]
fn a_moved_branch_is_met_with_the_same_option_but_not_for_ever() {
    let mut case = Case::new();
    case.planned(vec![known("first"), known("second")]);
    for _ in 0..=case.policy.limits.base_moves {
        case.starts(Step::Propose);
        assert_eq!(case.store.incident.option, Some(0));
        case.refuse("base_moved");
    }
    case.escalates(EscalationReason::StepFailed);
}

#[test]
fn a_refused_push_spends_the_option() {
    let mut case = Case::new();
    case.admitted().starts(Step::Push).refuse("push_rejected");
    case.starts(Step::Propose);
    assert_eq!(case.store.incident.option, Some(1));
}

#[test]
fn a_target_that_is_only_observed_is_advised_right_after_the_plan() {
    let mut case = Case::with(Policy { autonomy: Autonomy::Observe, ..policy() });
    let Body::Advised { why } = case.planned(vec![known("first")]).records("advised") else { unreachable!() };
    assert!(why.contains("Option 0: first (not tried)") && why.contains("Nothing was changed"), "{why}");
    assert_eq!(case.next(), Move::Rest);
}

#[test]
fn a_target_that_takes_suggestions_is_advised_of_an_admitted_change() {
    let mut case = Case::with(Policy { autonomy: Autonomy::Suggest, ..policy() });
    case.admitted().records("advised");
    assert_eq!(case.next(), Move::Rest);
}

#[test]
fn an_approval_is_asked_waited_for_and_then_pushed() {
    let mut case = Case::with(Policy { autonomy: Autonomy::Approve, ..policy() });
    let asked = case.store.now + TimeDelta::hours(1);
    let Move::Record(body) = case.admitted().next_at(asked) else { panic!("{:?}", case.next()) };
    let expires_at = asked + TimeDelta::hours(1);
    let Body::ApprovalRequested { digest, expires_at: until, why } = &*body else { panic!("{body:?}") };
    assert_eq!((digest, until), (&Digest::of("proposal"), &expires_at));
    assert!(why.starts_with("a person approves each change of this fault: risk not known, confidence 0.90"), "{why}");
    case.write(*body);
    assert_eq!(case.next_at(expires_at - TimeDelta::microseconds(1)), Move::WaitUntil(expires_at));
    case.write(Body::Approved { digest: Digest::of("proposal"), by: "ann".into(), note: String::new() })
        .starts(Step::Push);
}

#[test]
fn an_approval_that_does_not_come_in_time_ends_with_a_person() {
    let mut case = Case::with(Policy { autonomy: Autonomy::Approve, ..policy() });
    case.admitted().records("approval_requested");
    case.store.now += TimeDelta::hours(2);
    case.records("approval_expired");
    assert_eq!(case.store.incident.escalation, Some(EscalationReason::ApprovalExpired));
    assert_eq!(case.next(), Move::Rest);
}

#[test]
fn an_option_that_does_not_go_live_or_does_not_heal_is_undone_before_the_next() {
    let deploy: fn(&mut Case) = |case| {
        let rollout = rollout(RolloutOutcome::RolledBack);
        case.pushed().starts(Step::Deploy).write(Body::DeployFailed { rollout });
    };
    let verify: fn(&mut Case) = |case| {
        let report = judged(Judgement::Broken);
        case.deployed().starts(Step::Verify).write(Body::VerificationFailed { report });
    };
    for failure in [deploy, verify] {
        let mut case = Case::new();
        failure(&mut case);
        case.starts(Step::Undo).write(Body::Undone { commit: Some(commit(2)), why: "so".into() });
        case.starts(Step::Propose);
        assert_eq!(case.store.incident.option, Some(1));
    }
}

#[test]
fn a_verification_without_an_answer_is_a_persons() {
    let mut case = Case::new();
    case.deployed().starts(Step::Verify).write(Body::Unverified { report: judged(Judgement::Unverified) });
    let diagnosis = case.escalates(EscalationReason::Unverified);
    assert!(diagnosis.contains(&format!("The commit {} stands", commit(1))), "{diagnosis}");
}

#[test]
fn without_permission_to_replay_live_it_is_mitigated_and_never_resolved() {
    for replay in [ReplayPermission::Never, ReplayPermission::Scratch] {
        let mut case = Case::with(Policy { replay, ..policy() });
        case.deployed().records("mitigated");
        assert_eq!(case.next(), Move::Rest);
    }
}

#[test]
fn a_step_without_result_waits_is_begun_again_and_then_given_up() {
    let mut case = Case::new();
    case.starts(Step::Analyze).fails(Step::Analyze);
    let Move::WaitUntil(again) = case.next_at(case.store.now) else { panic!("{:?}", case.next()) };
    // An occurrence meanwhile does not put it off.
    case.store.detect_again();
    assert_eq!(case.next_at(case.store.now), Move::WaitUntil(again));
    assert_eq!(case.next_at(again), Move::Start { step: Step::Analyze, attempt: 2, option: None });
    case.starts(Step::Analyze).fails(Step::Analyze);
    let diagnosis = case.escalates(EscalationReason::StepFailed);
    assert!(diagnosis.contains("no_answer: nobody there") && diagnosis.contains("There is no plan"), "{diagnosis}");
}

#[test]
fn a_push_without_result_is_told_as_such() {
    let mut case = Case::new();
    case.admitted();
    case.starts(Step::Push).fails(Step::Push).starts(Step::Push).fails(Step::Push);
    let diagnosis = case.escalates(EscalationReason::StepFailed);
    assert!(diagnosis.contains("Whether the change was pushed is not known"), "{diagnosis}");
}

#[test]
fn what_was_pushed_is_taken_back_before_a_step_is_given_up() {
    for step in [Step::Deploy, Step::Verify] {
        let mut case = Case::new();
        if step == Step::Deploy {
            case.pushed()
        } else {
            case.deployed()
        };
        case.starts(step).fails(step).starts(step).fails(step);
        case.starts(Step::Undo).fails(Step::Undo).starts(Step::Undo);
        case.write(Body::Undone { commit: Some(commit(2)), why: "so".into() });
        case.escalates(EscalationReason::StepFailed);
    }
}

#[test]
fn an_undo_that_fails_is_told_to_a_person() {
    let mut case = Case::new();
    let rollout = rollout(RolloutOutcome::Refused);
    case.pushed().starts(Step::Deploy).write(Body::DeployFailed { rollout });
    case.starts(Step::Undo).fails(Step::Undo).starts(Step::Undo).fails(Step::Undo);
    let diagnosis = case.escalates(EscalationReason::UndoFailed);
    assert!(diagnosis.contains("green was not healthy"), "{diagnosis}");
}

#[test]
fn what_was_not_learned_is_still_resolved() {
    let mut case = Case::new();
    case.deployed().starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    case.records("resolved");
    case.starts(Step::Learn).fails(Step::Learn).starts(Step::Learn).fails(Step::Learn);
    assert_eq!(case.next(), Move::Rest);
    assert_eq!(case.store.incident.status, wire::incident::Status::Resolved);
}

#[test]
fn what_comes_back_is_tried_with_the_next_option_and_then_told_as_such() {
    let mut case = Case::new();
    case.deployed().starts(Step::Verify).write(Body::Verified { report: judged(Judgement::Met) });
    case.records("resolved");
    case.store.detect_again();
    case.starts(Step::Propose);
    assert_eq!(case.store.incident.option, Some(1));
    let diagnosis = case.refuse("witness").escalates(EscalationReason::Recurred);
    assert!(diagnosis.contains("It came back 1 times"), "{diagnosis}");
}

#[test]
fn what_a_person_resolved_teaches_nothing_and_what_is_archived_rests() {
    let mut case = Case::new();
    case.planned(vec![]).escalates(EscalationReason::NoRemedy);
    case.write(Body::ResolvedByPerson { by: "ann".into(), note: "did it".into() });
    assert_eq!(case.next(), Move::Rest);
    case.store.reset();
    assert_eq!(case.next(), Move::Rest);
}

#[test]
fn the_diagnosis_is_bounded_whatever_was_told() {
    let mut case = Case::new();
    case.store.incident.detection.message = "ä".repeat(100_000);
    case.store.incident.refusals = vec!["x".repeat(100_000); 500];
    case.planned(vec![]);
    let diagnosis = case.escalates(EscalationReason::NoRemedy);
    assert!(diagnosis.len() <= 8 * 1024 + 3, "{}", diagnosis.len());
    assert_eq!(at(0), case.store.incident.detection.at);
}
