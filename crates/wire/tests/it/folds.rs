//! What an incident looks like after whole journals.

use crate::sample::{Journal, at, body, commit, refusal};
use wire::event::{Body, EscalationReason, Step};
use wire::incident::Status;
use wire::plan::Remedy;
use wire::{Digest, Epoch, Position};

const PUSHED: &[&str] =
    &["detected", "started analyze", "planned", "started propose", "admitted", "started push", "pushed"];

fn pushed_then(more: &[&str]) -> Journal {
    let all: Vec<&str> = PUSHED.iter().chain(more).copied().collect();
    Journal::of(&all)
}

#[test]
fn a_heal_ends_resolved_and_learned() {
    let kinds = ["started deploy", "deployed", "started verify", "verified", "resolved", "started learn", "learned"];
    let journal = pushed_then(&kinds);
    let incident = journal.incident();
    assert_eq!(incident.status, Status::Resolved);
    assert_eq!((incident.position, &incident.head), (Position(14), &journal.events[13].hash));
    assert_eq!((incident.commit.clone(), incident.document.as_deref()), (Some(commit('c')), Some("learned/1")));
    assert_eq!((incident.resolved_at, incident.updated_at), (Some(at(12)), at(14)));
    assert_eq!((incident.epoch, incident.detected_at, incident.in_flight), (Epoch(1), at(1), None));
    assert_eq!(incident.attempts.values().copied().collect::<Vec<_>>(), vec![1; 6]);
}

#[test]
fn an_intention_is_in_flight_until_its_outcome() {
    let mut journal = Journal::of(&["detected", "started analyze"]);
    for kind in ["progressed analyze", "occurred", "progressed analyze"] {
        let in_flight = journal.add(kind).unwrap().in_flight.unwrap();
        assert_eq!((in_flight.step, in_flight.attempt), (Step::Analyze, 1));
    }
    assert_eq!(journal.incident().occurrences, 2);
    assert_eq!(journal.add("planned").unwrap().in_flight, None);
}

#[test]
fn failures_are_counted_in_a_row_and_with_their_time() {
    let mut journal = Journal::of(&["detected", "started analyze", "failed analyze", "occurred"]);
    assert_eq!((journal.incident().failures_in_a_row, journal.incident().failed_at), (1, Some(at(3))));
    journal.add("started analyze").unwrap();
    assert_eq!(journal.incident().failures_in_a_row, 1);
    assert_eq!(journal.add("failed analyze").unwrap().failures_in_a_row, 2);
    journal.add("started analyze").unwrap();
    assert_eq!(journal.add("planned").unwrap().failures_in_a_row, 0);
    assert_eq!(journal.incident().attempts.get(&Step::Analyze), Some(&3));
}

#[test]
fn a_refusal_spends_the_option_but_a_moved_branch_does_not() {
    let proposing = Journal::of(&["detected", "started analyze", "planned", "started propose"]);
    let mut journal = proposing.clone();
    journal.append(Body::Refused { option: 0, refusal: refusal("witness") }).unwrap();
    assert!(journal.incident().spent.contains(&0));
    assert_eq!((journal.incident().status, journal.incident().option), (Status::Planned, None));
    let mut journal = proposing.clone();
    journal.append(Body::Refused { option: 0, refusal: refusal("base_moved") }).unwrap();
    assert!(journal.incident().spent.is_empty());
    assert_eq!((journal.incident().base_moved, journal.incident().option), (1, None));
}

#[test]
fn an_undo_spends_the_option_and_forgets_what_belonged_to_it() {
    let journal = pushed_then(&["started deploy", "deploy_failed", "started undo", "undone"]);
    let incident = journal.incident();
    assert_eq!(incident.status, Status::RolledBack);
    assert!(incident.spent.contains(&0) && !incident.gave_up);
    assert!(incident.commit.is_none() && incident.proposal.is_none() && incident.undo.is_none());
    assert_eq!(incident.refusals.last().map(String::as_str), Some("undone: so"));
}

#[test]
fn an_undo_after_a_step_without_result_is_marked_and_has_attempts_of_its_own() {
    let failed = ["started deploy", "failed deploy", "started deploy", "failed deploy", "started undo"];
    let mut journal = pushed_then(&failed);
    let incident = journal.incident();
    assert!(incident.gave_up);
    assert_eq!((incident.failures_in_a_row, incident.undo.as_deref()), (0, Some("no_answer: nobody there")));
    journal.add("failed undo").unwrap();
    let incident = journal.add("started undo").unwrap();
    assert_eq!((incident.failures_in_a_row, incident.attempts.get(&Step::Undo)), (1, Some(&2)));
    let incident = journal.add("undone").unwrap();
    assert!(incident.gave_up && incident.spent.is_empty(), "what got no answer was not refused");
}

#[test]
fn failures_in_a_row_know_when_they_began_and_whether_they_may_pass() {
    let failed = |may_pass| {
        let problem = wire::Problem::new("unavailable", "away");
        move |attempt| Body::Failed { step: Step::Analyze, attempt, problem: problem.clone(), may_pass }
    };
    let mut journal = Journal::of(&["detected", "started analyze"]);
    journal.append(failed(true)(1)).unwrap();
    journal.add("started analyze").unwrap();
    let incident = journal.append(failed(true)(2)).unwrap();
    assert_eq!((incident.failing_since, incident.failed_at, incident.may_pass), (Some(at(3)), Some(at(5)), true));
    journal.add("started analyze").unwrap();
    assert!(!journal.append(failed(false)(3)).unwrap().may_pass);
    journal.add("started analyze").unwrap();
    let incident = journal.add("planned").unwrap();
    assert_eq!((incident.failing_since, incident.may_pass), (None, false));
}

const PROPOSING: [&str; 4] = ["detected", "started analyze", "planned", "started propose"];

/// The sample's plan whose options have remedies of these names.
fn plan_of(rules: &[&str]) -> Body {
    let mut plan = crate::sample::plan();
    let option = plan.options[0].clone();
    let of = |rule: &&str| {
        let remedy =
            Remedy::Codemod { document: (*rule).into(), rule: serde_json::json!({}), digest: Digest::of(rule) };
        wire::plan::PlanOption { remedy, ..option.clone() }
    };
    plan.options = rules.iter().map(of).collect();
    Body::Planned { plan }
}

#[test]
fn what_a_person_has_tried_again_begins_anew_without_what_was_refused() {
    let mut journal = Journal::of(&["detected", "started analyze"]);
    journal.append(plan_of(&["no", "none", "other"])).unwrap();
    for kind in ["started propose", "refused", "escalated"] {
        journal.add(kind).unwrap();
    }
    let incident = journal.add("retried").unwrap();
    assert_eq!((incident.status, incident.escalation, incident.retries), (Status::Detected, None, 1));
    assert!(incident.plan.is_none() && incident.spent.is_empty());
    journal.add("started analyze").unwrap();
    let incident = journal.append(plan_of(&["new", "no", "none"])).unwrap();
    assert_eq!(incident.spent, [1].into(), "the plan numbers its options anew");
    assert_eq!(incident.attempts.get(&Step::Analyze), Some(&2), "and keys of operations are used once");
}

#[test]
fn what_a_person_rejected_stays_refused_but_what_nobody_answered_does_not() {
    for (kind, spent) in [("approval_rejected", vec![0]), ("approval_expired", vec![])] {
        let mut journal = Journal::of(&["detected", "started analyze"]);
        journal.append(plan_of(&["one"])).unwrap();
        for kind in ["started propose", "admitted", "approval_requested", kind, "retried", "started analyze"] {
            journal.add(kind).unwrap();
        }
        let incident = journal.append(plan_of(&["one", "two"])).unwrap();
        assert_eq!(incident.spent, spent.into_iter().collect(), "{kind}");
        assert!(incident.proposal.is_none() && incident.approval_expires_at.is_none());
    }
}

#[test]
fn an_incident_is_tried_again_only_so_often_and_never_over_a_change_that_stands() {
    let mut journal = Journal::of(&PROPOSING);
    for _ in 0..wire::apply::MAX_RETRIES {
        journal.add("escalated").unwrap();
        journal.add("retried").unwrap();
    }
    journal.add("escalated").unwrap();
    assert!(journal.add("retried").unwrap_err().to_string().contains("too often"));
    let mut standing = pushed_then(&["escalated"]);
    assert!(standing.add("retried").unwrap_err().to_string().contains("stands on the branch"));
}

#[test]
fn an_approval_that_does_not_come_says_so_in_the_escalation() {
    let admitted = ["detected", "started analyze", "planned", "started propose", "admitted", "approval_requested"];
    let mut expired = Journal::of(&admitted);
    assert_eq!(expired.incident().approval_expires_at, Some(at(900)));
    assert_eq!(expired.add("approval_expired").unwrap().escalation, Some(EscalationReason::ApprovalExpired));
    let mut rejected = Journal::of(&admitted);
    let incident = rejected.add("approval_rejected").unwrap();
    assert_eq!(incident.escalation, Some(EscalationReason::ApprovalRejected));
    assert_eq!(incident.refusals, ["ann rejected the proposal: so"]);
}

#[test]
fn a_recurrence_starts_afresh_without_the_option_that_did_not_hold() {
    let cured = ["started deploy", "deployed", "started verify", "verified", "resolved", "started learn"];
    let mut journal = pushed_then(&cured);
    for _ in 0..3 {
        journal.add("failed learn").unwrap();
        journal.add("started learn").unwrap();
    }
    let incident = journal.add("reopened").unwrap();
    assert_eq!((incident.status, incident.recurrences, incident.occurrences), (Status::Planned, 1, 2));
    assert!(incident.spent.contains(&0) && incident.in_flight.is_none());
    assert_eq!((incident.failures_in_a_row, incident.base_moved), (0, 0));
    assert!(incident.proof.is_none() && incident.resolved_at.is_none() && incident.document.is_none());
}

#[test]
fn what_a_person_resolved_can_recur_too() {
    let mut journal = Journal::of(&["detected", "escalated", "resolved_by_person"]);
    assert_eq!(journal.incident().resolved_by.as_deref(), Some("ann"));
    let incident = journal.add("reopened").unwrap();
    assert_eq!((incident.status, incident.escalation, incident.resolved_by.clone()), (Status::Planned, None, None));
}

#[test]
fn a_reset_archives_whatever_is_under_way() {
    for kinds in [&["detected"][..], &["detected", "started analyze"], &["detected", "escalated"], PUSHED] {
        let mut journal = Journal::of(kinds);
        let incident = journal.add("archived").unwrap();
        assert_eq!((incident.status, incident.in_flight), (Status::Archived, None));
        for kind in ["occurred", "started analyze", "archived", "escalated", "resolved_by_person"] {
            assert!(journal.clone().add(kind).is_err(), "{kind} after the archive");
        }
    }
}

#[test]
fn a_proposal_of_a_later_option_replaces_the_earlier() {
    let mut journal = Journal::of(&["detected", "started analyze", "planned", "started propose", "refused"]);
    let second = Body::Started { step: Step::Propose, attempt: 2, option: Some(1), policy: Digest::of("p") };
    assert_eq!(journal.append(second).unwrap().option, Some(1));
    let Body::Admitted { proposal, .. } = body("admitted", None) else { unreachable!() };
    let incident = journal.append(Body::Admitted { option: 1, proposal }).unwrap();
    assert_eq!((incident.status, incident.option), (Status::Admitted, Some(1)));
}

#[test]
fn an_incident_survives_the_way_through_json() {
    let journal = pushed_then(&["started deploy", "deployed", "started verify", "verified", "resolved"]);
    let text = serde_json::to_string(journal.incident()).unwrap();
    assert_eq!(&serde_json::from_str::<wire::incident::Incident>(&text).unwrap(), journal.incident());
    for event in &journal.events {
        let text = serde_json::to_string(event).unwrap();
        assert_eq!(&serde_json::from_str::<wire::event::Event>(&text).unwrap(), event);
    }
}
