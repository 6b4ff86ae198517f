//! What must hold at the end of every run.

use crate::world::{What, World};
use std::collections::BTreeSet;
use wire::event::{Body, EscalationReason, Step};
use wire::incident::Status;

pub(crate) fn check(world: &World) {
    ended(world);
    nothing_twice(world);
    no_resolution_without_proof(world);
    no_spent_option_again(world);
    git_is_what_runs(world);
    nothing_failed_is_left(world);
}

fn ended(world: &World) {
    let incident = &world.store.incident;
    let ends =
        [Status::Resolved, Status::Escalated, Status::Dismissed, Status::Advised, Status::Mitigated, Status::Archived];
    assert!(ends.contains(&incident.status), "ended in {:?}", incident.status);
    assert_eq!(incident.in_flight, None);
    assert_eq!(
        incident.status == Status::Escalated,
        incident.escalation.is_some() && incident.status != Status::Archived
    );
}

fn nothing_twice(world: &World) {
    for commit in &world.git.branch {
        if matches!(commit.what, What::Proposal(_) | What::Revert(_)) {
            assert_eq!(world.git.count(&commit.what), 1, "{:?} was committed twice", commit.what);
        }
    }
    let distinct: BTreeSet<_> = world.rollouts.iter().collect();
    assert_eq!(distinct.len(), world.rollouts.len(), "a commit was rolled out twice: {:?}", world.rollouts);
    assert!(world.lessons.len() <= 1);
}

fn no_resolution_without_proof(world: &World) {
    let mut pushed = None;
    for event in &world.store.events {
        match &event.body {
            Body::Pushed { commit } => pushed = Some(commit.clone()),
            Body::Resolved { certificate } => {
                let ran = world.proofs.get(&certificate.replay).expect("a replay on live stands behind the resolution");
                assert_eq!((Some(ran), certificate.commit.as_ref()), (pushed.as_ref(), pushed.as_ref()));
                assert!(certificate.proposal.is_some() && certificate.artefact.is_some());
            }
            _ => {}
        }
    }
}

fn no_spent_option_again(world: &World) {
    let mut spent = BTreeSet::new();
    let mut trying = None;
    for event in &world.store.events {
        match &event.body {
            Body::Started { step: Step::Propose, option, .. } => {
                trying = *option;
                assert_ne!(trying, Some(0), "an option of an unknown kind was tried");
                assert!(trying.is_some_and(|option| !spent.contains(&option)), "{option:?} was tried again");
            }
            Body::Refused { refusal, .. } if refusal.code == "base_moved" => {}
            Body::Refused { .. } | Body::Undone { .. } | Body::Reopened { .. } => spent.extend(trying.take()),
            _ => {}
        }
    }
}

/// A push without an answer may be on the branch unseen, and a failed undo leaves what it could not take back: both are
/// handed to a person, and the deployer's reconciler makes the head run.
fn git_is_what_runs(world: &World) {
    if !(left_to_a_person(world) || world.store.incident.status == Status::Archived) {
        assert_eq!(world.live, world.git.head().id, "git's head is not what runs");
    }
    if world.store.incident.status == Status::Archived {
        let mut after = world.git.branch.iter().rev().take_while(|commit| commit.what != What::Reset);
        assert!(after.all(|commit| commit.what == What::Developer), "something of ours landed after the reset");
        assert_eq!(world.live, world.git.head().id, "something was rolled out after the reset");
    }
}

fn left_to_a_person(world: &World) -> bool {
    let incident = &world.store.incident;
    let push_unseen = incident.attempts.contains_key(&Step::Push) && incident.commit.is_none() && !incident.gave_up;
    match incident.escalation {
        Some(EscalationReason::UndoFailed) => true,
        Some(EscalationReason::StepFailed) => push_unseen,
        _ => false,
    }
}

fn nothing_failed_is_left(world: &World) {
    let incident = &world.store.incident;
    let standing = world.git.standing();
    match incident.status {
        Status::Archived => {}
        // Earlier options that held for a while are still there when it comes back.
        _ if incident.recurrences > 0 || left_to_a_person(world) => {}
        Status::Resolved | Status::Mitigated => assert_eq!(standing, [incident.commit.as_ref().unwrap()]),
        Status::Escalated if incident.escalation == Some(EscalationReason::Unverified) => {
            assert_eq!(standing, [incident.commit.as_ref().unwrap()]);
        }
        _ => assert!(standing.is_empty(), "{standing:?} is left on the branch in {:?}", incident.status),
    }
}
