//! Runtime actions: when a playbook is run, what its answers mean, and when what only eases it is looked at again.

use crate::decisions::case::Case;
use crate::sample::{at, known, plan, policy};
use chrono::TimeDelta;
use healer::next::Move;
use healer::policy::Policy;
use healer::ward;
use wire::event::{Body, EscalationReason, Step};
use wire::plan::{PlanOption, Remedy as Option_, Verdict};
use wire::runtime::{ActOutcome, ActReport, Action, Invariant, Level, Remedy, ResourceName, Tried, Undo, WatchReport};
use wire::target::Autonomy;

pub(crate) fn resource() -> ResourceName {
    "settings".to_owned().try_into().unwrap()
}

pub(crate) fn playbook() -> PlanOption {
    PlanOption { remedy: Option_::Playbook { resource: resource() }, ..known("the playbook of settings") }
}

pub(crate) fn tried(kept: bool) -> Tried {
    let remedy = Remedy::repair("Restore the backup", Action::Start {}, Undo::by(Action::Stop {}));
    Tried { remedy, before: Level(10), after: Level(0), kept, what: "done".into(), from: at(0), to: at(1) }
}

pub(crate) fn invariant(holds: Option<bool>) -> Invariant {
    Invariant { name: "the file is valid".into(), holds, weight: 10, seen: "as it was seen".into() }
}

fn report(outcome: ActOutcome, tried: Vec<Tried>) -> ActReport {
    ActReport {
        resource: resource(),
        outcome,
        diagnosis: "The file is torn.".into(),
        first: vec![invariant(Some(false))],
        last: vec![invariant(Some(matches!(outcome, ActOutcome::Healed | ActOutcome::Relieved)))],
        tried,
        held: vec![],
        advice: vec!["Look at it.".into()],
    }
}

fn watched(looks: u32, well: u32, ill: u32) -> WatchReport {
    let seen = vec![invariant(Some(ill == 0))];
    WatchReport { resource: resource(), looks, well, ill, seen, held: vec![], from: at(0), to: at(1) }
}

pub(crate) fn acted(case: &Case, outcome: ActOutcome, tried: Vec<Tried>) -> Body {
    ward::acted(&case.store.incident, report(outcome, tried)).unwrap()
}

/// A playbook has ended so, and what is done next stands in the journal.
fn after(outcome: ActOutcome) -> Case {
    let mut case = Case::new();
    case.planned(vec![playbook(), known("a rule")]).starts(Step::Act);
    let body = acted(&case, outcome, vec![tried(true)]);
    case.write(body);
    case
}

#[test]
fn a_playbook_is_run_without_a_proposal_and_its_cure_is_proved_before_it_is_resolved() {
    let mut case = after(ActOutcome::Healed);
    case.starts(Step::Verify);
    let proof = ward::watched(&case.store.incident, &watched(5, 5, 0)).unwrap();
    case.write(proof);
    let Body::Resolved { certificate } = case.records("resolved") else { unreachable!() };
    assert_eq!((certificate.commit, certificate.proposal), (None, None));
    assert!(certificate.after.contains("Restore the backup"), "{}", certificate.after);
    case.starts(Step::Learn);
}

#[test]
fn what_was_not_well_at_every_look_is_not_proved() {
    for (looks, well, ill, kind) in [(5, 4, 1, "verification_failed"), (5, 4, 0, "unverified"), (0, 0, 0, "unverified")]
    {
        let mut case = after(ActOutcome::Healed);
        case.starts(Step::Verify);
        let body = ward::watched(&case.store.incident, &watched(looks, well, ill)).unwrap();
        assert_eq!(body.kind(), kind, "{looks} {well} {ill}");
        case.write(body);
        assert!(!matches!(case.next(), Move::Record(body) if body.kind() == "resolved"));
    }
}

#[test]
fn what_only_eases_it_is_mitigated_and_looked_at_again_after_ten_thirty_and_sixty_seconds() {
    let mut case = after(ActOutcome::Relieved);
    for pause in [10, 30, 60, 300, 900, 900] {
        case.starts(Step::Verify);
        let proof = ward::watched(&case.store.incident, &watched(5, 5, 0)).unwrap();
        case.write(proof).records("mitigated");
        let since = case.store.incident.acted.as_ref().unwrap().at;
        assert_eq!(case.next_at(since), Move::WaitUntil(since + TimeDelta::seconds(pause)));
        case.starts(Step::Act);
        let body = acted(&case, ActOutcome::Relieved, vec![tried(true)]);
        case.write(body);
    }
    // Seen again in spite of the relief: looked at soon.
    let since = case.store.incident.acted.as_ref().unwrap().at;
    case.starts(Step::Verify);
    let proof = ward::watched(&case.store.incident, &watched(5, 5, 0)).unwrap();
    case.write(proof).records("mitigated");
    case.store.detect_again();
    assert_eq!(case.next_at(since), Move::WaitUntil(since + TimeDelta::seconds(10)));
    let mut healed = after(ActOutcome::Relieved);
    healed.starts(Step::Verify);
    let proof = ward::watched(&healed.store.incident, &watched(5, 5, 0)).unwrap();
    healed.write(proof).records("mitigated");
    healed.starts(Step::Act);
    let body = acted(&healed, ActOutcome::Healed, vec![tried(true)]);
    healed.write(body).starts(Step::Verify);
    let proof = ward::watched(&healed.store.incident, &watched(5, 5, 0)).unwrap();
    healed.write(proof).records("resolved");
}

#[test]
fn a_playbook_that_did_not_heal_gives_way_to_the_next_option_and_is_not_run_again() {
    let ends =
        [(ActOutcome::Unhealed, vec![tried(false)], "unhealed"), (ActOutcome::Better, vec![tried(true)], "not_well")];
    for (outcome, tries, code) in ends {
        let mut case = Case::new();
        case.planned(vec![playbook(), known("a rule")]).starts(Step::Act);
        let Body::Refused { refusal, .. } = acted(&case, outcome, tries.clone()) else { panic!("{outcome:?}") };
        assert_eq!(refusal.code, code);
        let body = acted(&case, outcome, tries);
        case.write(body).starts(Step::Propose);
        assert_eq!(case.store.incident.option, Some(1));
    }
}

#[test]
fn what_is_found_well_before_anything_was_done_is_over_and_what_was_acted_on_is_not_dismissed_so() {
    let mut case = Case::new();
    case.planned(vec![playbook(), known("a rule")]).starts(Step::Act);
    let body = acted(&case, ActOutcome::Healed, vec![]);
    assert!(matches!(&body, Body::Dismissed { verdict: Verdict::Recovered, .. }), "{body:?}");
    case.write(body);
    assert_eq!(case.next(), Move::Rest);
    let mut eased = after(ActOutcome::Relieved);
    eased.starts(Step::Verify);
    let proof = ward::watched(&eased.store.incident, &watched(5, 5, 0)).unwrap();
    eased.write(proof).records("mitigated");
    eased.starts(Step::Act);
    assert_eq!(acted(&eased, ActOutcome::Healed, vec![]).kind(), "acted");
}

#[test]
fn a_playbook_is_run_again_when_what_it_healed_breaks_again_but_not_for_ever() {
    let mut case = after(ActOutcome::Healed);
    for again in 1..=4 {
        case.starts(Step::Verify);
        let proof = ward::watched(&case.store.incident, &watched(5, 5, 0)).unwrap();
        case.write(proof).records("resolved");
        let (event_id, happened_at) = (format!("e-again-{again}").parse().unwrap(), case.store.now);
        case.write(Body::Reopened { event_id, happened_at });
        if again > 3 {
            case.starts(Step::Propose);
            assert_eq!(case.store.incident.option, Some(1), "the next option");
            break;
        }
        case.starts(Step::Act);
        let body = acted(&case, ActOutcome::Healed, vec![tried(true)]);
        case.write(body);
    }
}

#[test]
fn what_could_not_be_taken_back_goes_to_a_person_and_what_nobody_could_tell_is_tried_again() {
    let mut case = Case::new();
    case.planned(vec![playbook()]).starts(Step::Act);
    let Body::Escalated { reason, diagnosis } = acted(&case, ActOutcome::UndoFailed, vec![tried(false)]) else {
        panic!("not escalated")
    };
    assert_eq!(reason, EscalationReason::UndoFailed);
    assert!(diagnosis.contains("The file is torn."), "{diagnosis}");
    let unknown = ward::acted(&case.store.incident, report(ActOutcome::Unverified, vec![])).unwrap_err();
    assert_eq!(unknown.code, "unverified");
}

#[test]
fn where_only_advice_is_allowed_no_playbook_is_run() {
    for autonomy in [Autonomy::Suggest, Autonomy::Observe] {
        let mut case = Case::with(Policy { autonomy, ..policy() });
        let plan = plan(vec![playbook()]);
        case.starts(Step::Analyze).write(Body::Planned { plan });
        let Body::Advised { why } = case.records("advised") else { unreachable!() };
        assert!(why.contains("the playbook of settings"), "{why}");
    }
}
