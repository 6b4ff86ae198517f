//! What an answer is taken for: never for more than it says.

use crate::sample::{code, commit, gates, live, name, plan, report, tree};
use crate::world::World;
use healer::outcome::{deployed, failed, planned, proposed, pushed, reverted, undone, verified};
use wire::event::{Body, Step};
use wire::incident::Incident;
use wire::plan::{Plan, Verdict};
use wire::proposal::{Proposal, ProposeOutcome, PushOutcome, PushedCommit, Refusal};
use wire::rollout::{Rollout, RolloutOutcome, ToldBy};
use wire::verification::Judgement;
use wire::{Digest, Problem};

fn incident() -> Incident {
    let mut incident = World::new().store.incident;
    incident.option = Some(1);
    incident.commit = Some(commit(1));
    incident.proposal = Some(Box::new(proposal()));
    incident
}

fn proposal() -> Proposal {
    Proposal {
        distilled: None,
        digest: Digest::of("proposal"),
        target: name(),
        base: commit(0),
        diff: "diff".into(),
        files: vec![],
        tree: tree(1),
        artefact: Digest::of("artefact"),
        origin: "codemod doc".into(),
        gates: gates(),
    }
}

fn rollout(n: usize, outcome: RolloutOutcome) -> Rollout {
    Rollout {
        target: name(),
        commit: commit(n),
        tree: tree(n),
        artefact: Some(Digest::of("artefact")),
        told_by: None,
        outcome,
        why: "so".into(),
        healthy_at: None,
        switched_at: None,
        replay: None,
        spans: vec![],
    }
}

fn pushed_commit(n: usize) -> PushOutcome {
    PushOutcome::Pushed(PushedCommit { commit: commit(n), tree: tree(n), found: true })
}

fn refusal(code: &str) -> Refusal {
    Refusal { code: code.into(), why: "so".into(), diff: None, gates: vec![] }
}

#[test]
fn only_an_actionable_verdict_is_a_plan() {
    use Verdict::*;
    for verdict in [CodeFault, Dependency, Capacity, Configuration] {
        assert!(matches!(planned(Plan { verdict, ..plan(vec![]) }), Body::Planned { .. }), "{verdict:?}");
    }
    for verdict in [UserError, ExpectedDenial, Recovered, Noise] {
        let body = planned(Plan { verdict, ..plan(vec![]) });
        assert!(
            matches!(&body, Body::Dismissed { verdict: v, why } if *v == verdict && why.contains("a bad statement"))
        );
    }
}

#[test]
fn what_nobody_can_tell_changes_nothing_and_goes_to_a_person() {
    let unsure = Plan { verdict: Verdict::Unknown, ..plan(vec![]) };
    assert!(matches!(planned(unsure), Body::Planned { plan } if plan.options.is_empty()));
}

#[test]
fn a_proposal_belongs_to_the_option_that_is_tried_and_to_the_target() {
    let body = proposed(&incident(), ProposeOutcome::Admitted(proposal())).unwrap();
    assert!(matches!(body, Body::Admitted { option: 1, .. }));
    let body = proposed(&incident(), ProposeOutcome::Refused(refusal("build"))).unwrap();
    assert!(matches!(body, Body::Refused { option: 1, .. }));
    let silent = proposed(&incident(), ProposeOutcome::Refused(refusal(wire::verification::UNVERIFIED)));
    assert_eq!(silent.unwrap_err().code, "unverified", "what could not be said does not spend the option");
    let other = Proposal { target: "another".parse().unwrap(), ..proposal() };
    assert_eq!(proposed(&incident(), ProposeOutcome::Admitted(other)).unwrap_err().code, "malformed");
    let idle = Incident { option: None, ..incident() };
    assert_eq!(proposed(&idle, ProposeOutcome::Refused(refusal("build"))).unwrap_err().code, "incomplete");
}

#[test]
fn a_commit_that_holds_another_tree_than_the_proposal_is_no_success() {
    assert_eq!(pushed(&incident(), pushed_commit(1)).unwrap(), Body::Pushed { commit: commit(1) });
    assert_eq!(pushed(&incident(), pushed_commit(2)).unwrap_err().code, "malformed");
    let unchanged = PushOutcome::Unchanged { head: commit(1), tree: tree(1) };
    let body = pushed(&incident(), unchanged).unwrap();
    assert!(matches!(body, Body::Refused { option: 1, refusal } if refusal.code == "unchanged"));
}

#[test]
fn only_the_very_commit_being_live_is_a_roll_out() {
    use RolloutOutcome::*;
    assert!(matches!(deployed(&incident(), rollout(1, Live)), Body::Deployed { .. }));
    assert!(matches!(deployed(&incident(), rollout(2, Live)), Body::DeployFailed { .. }));
    for outcome in [Refused, RolledBack, Superseded, Unknown] {
        assert!(matches!(deployed(&incident(), rollout(1, outcome)), Body::DeployFailed { .. }), "{outcome:?}");
    }
    for artefact in [None, Some(Digest::of("another"))] {
        let rollout = Rollout { artefact, ..rollout(1, Live) };
        assert!(matches!(deployed(&incident(), rollout), Body::DeployFailed { .. }));
    }
    for (told_by, n) in [(Some(ToldBy::Pipeline), 1), (Some(ToldBy::Target), 1), (None, 1), (Some(ToldBy::Target), 2)] {
        let rollout = Rollout { artefact: None, told_by, tree: tree(n), ..rollout(1, Live) };
        let is_live = matches!(deployed(&incident(), rollout), Body::Deployed { .. });
        assert_eq!(is_live, told_by.is_some() && n == 1, "{told_by:?}: a pipeline must have built the verified tree");
    }
}

#[test]
fn only_a_met_contract_of_this_fault_is_a_verification() {
    let ours = live(commit(1), 1);
    let judged = |judgement| {
        let report = report("kr-1".parse().unwrap(), judgement);
        verified(&incident(), report, Some(&ours), Some(&ours)).unwrap().kind()
    };
    assert_eq!(judged(Judgement::Met), "verified");
    assert_eq!(judged(Judgement::Broken), "verification_failed");
    assert_eq!(judged(Judgement::NoWitness), "verification_failed");
    assert_eq!(judged(Judgement::Unverified), "unverified");
    let mut other = report("kr-1".parse().unwrap(), Judgement::Met);
    assert_eq!(other.code, code());
    other.code = "FAULT_OTHER".parse().unwrap();
    assert_eq!(verified(&incident(), other, Some(&ours), Some(&ours)).unwrap_err().code, "malformed");
}

#[test]
fn what_another_version_answered_proves_nothing() {
    let (ours, theirs, again) = (live(commit(1), 1), live(commit(2), 2), live(commit(1), 3));
    for (before, after) in [
        (None, None),
        (Some(&ours), None),
        (Some(&ours), Some(&theirs)),
        (Some(&theirs), Some(&theirs)),
        (Some(&ours), Some(&again)),
    ] {
        let body = verified(&incident(), report("kr-1".parse().unwrap(), Judgement::Met), before, after).unwrap();
        let Body::Unverified { report } = body else { panic!("{before:?} {after:?}: {body:?}") };
        assert!(report.why.starts_with("live_changed: "), "{}", report.why);
    }
}

#[test]
fn an_undo_is_done_when_the_revert_is_what_runs_or_the_branch_moved_on_after_it() {
    use RolloutOutcome::*;
    assert_eq!(reverted(pushed_commit(2)).unwrap(), (commit(2), tree(2)));
    let stands = PushOutcome::Unchanged { head: commit(3), tree: tree(3) };
    assert_eq!(reverted(stands).unwrap(), (commit(3), tree(3)));
    assert_eq!(reverted(PushOutcome::Refused(refusal("conflict"))).unwrap_err().code, "conflict");
    for outcome in [Live, Superseded] {
        let body = undone(&incident(), commit(2), &rollout(2, outcome)).unwrap();
        assert!(matches!(body, Body::Undone { commit: Some(reverting), .. } if reverting == commit(2)));
    }
    for outcome in [Refused, RolledBack, Unknown] {
        assert!(undone(&incident(), commit(2), &rollout(2, outcome)).is_err(), "{outcome:?}");
    }
    assert_eq!(undone(&incident(), commit(2), &rollout(1, Live)).unwrap_err().code, "malformed");
}

#[test]
fn what_a_failure_says_is_bounded() {
    let Body::Failed { problem, .. } = failed(Step::Push, 1, Problem::new(&"c".repeat(999), "ä".repeat(99_999)), false)
    else {
        unreachable!()
    };
    assert!(problem.message.len() < 2_100 && problem.code.len() < 100, "{}", problem.message.len());
}
