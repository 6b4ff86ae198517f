//! `apply` refuses what the table allows but the content forbids, and leaves the state alone.

use crate::sample::{Journal, body, certificate, commit, gate, proposal, report, rollout, tree};
use wire::apply::{Refused, apply};
use wire::event::{Body, Event, Step};
use wire::rollout::{Rollout, RolloutOutcome, ToldBy};
use wire::verification::Judgement;
use wire::{Digest, Problem};

const PLANNED: &[&str] = &["detected", "started analyze", "planned"];
const ADMITTED: &[&str] = &["detected", "started analyze", "planned", "started propose", "admitted"];
const PUSHED: &[&str] =
    &["detected", "started analyze", "planned", "started propose", "admitted", "started push", "pushed"];

fn after(kinds: &[&str], more: &[&str]) -> Journal {
    let all: Vec<&str> = kinds.iter().chain(more).copied().collect();
    Journal::of(&all)
}

#[track_caller]
fn refuses(journal: &Journal, body: Body, why: &str) {
    match journal.clone().append(body.clone()) {
        Err(Refused::Guard(text)) => assert_eq!(text, why, "{body:?}"),
        other => panic!("{body:?} should be refused with {why:?}, got {other:?}"),
    }
}

#[test]
fn a_journal_begins_with_detected_and_only_once() {
    assert_eq!(Journal::default().add("occurred").unwrap_err(), Refused::Beginning);
    assert_eq!(Journal::of(&["detected"]).add("detected").unwrap_err(), Refused::Beginning);
    assert_eq!(Journal::of(&["detected", "archived"]).add("detected").unwrap_err(), Refused::Beginning);
}

#[test]
fn a_refused_transition_names_the_status_and_the_event() {
    let refused = Journal::of(&["detected"]).add("started deploy").unwrap_err();
    assert_eq!(refused.to_string(), "started deploy is not allowed in status detected");
}

#[test]
fn one_step_is_under_way_at_a_time_and_attempts_count_up() {
    let started = |step, attempt| Body::Started { step, attempt, option: Some(0), policy: Digest::of("p") };
    let journal = Journal::of(&["detected", "started analyze"]);
    refuses(&journal, started(Step::Analyze, 2), "another step is under way");
    let journal = Journal::of(&["detected", "started analyze", "failed analyze"]);
    refuses(&journal, started(Step::Analyze, 1), "attempts count up from 1");
    refuses(&journal, started(Step::Analyze, 3), "attempts count up from 1");
    assert!(journal.clone().append(started(Step::Analyze, 2)).is_ok());
}

#[test]
fn progress_and_failure_belong_to_the_attempt_under_way() {
    let problem = Problem::new("no_answer", "nobody there");
    let failed = |attempt| Body::Failed { step: Step::Analyze, attempt, problem: problem.clone(), may_pass: false };
    let progressed = body("progressed", Some(Step::Analyze));
    let idle = Journal::of(&["detected", "started analyze", "failed analyze"]);
    refuses(&idle, failed(1), "that step is not under way");
    refuses(&idle, progressed.clone(), "that step is not under way");
    let second = Journal::of(&["detected", "started analyze", "failed analyze", "started analyze"]);
    refuses(&second, failed(1), "that step is not under way");
    refuses(&second, progressed, "that step is not under way");
    assert!(second.clone().append(failed(2)).is_ok());
}

#[test]
fn a_spent_option_is_not_proposed_again() {
    let journal = after(PLANNED, &["started propose", "refused"]);
    let propose = |option| Body::Started { step: Step::Propose, attempt: 2, option, policy: Digest::of("p") };
    let why = "an option that was spent is not tried again";
    refuses(&journal, propose(Some(0)), why);
    refuses(&journal, propose(None), why);
    assert!(journal.clone().append(propose(Some(1))).is_ok());
}

#[test]
fn every_outcome_needs_its_step_under_way() {
    let analyzing = Journal::of(&["detected", "started analyze", "failed analyze"]);
    refuses(&analyzing, body("planned", None), "no analysis is under way");
    let proposing = after(PLANNED, &["started propose", "failed propose"]);
    refuses(&proposing, body("refused", None), "that option is not being tried");
    refuses(&proposing, body("admitted", None), "that option is not being tried");
    refuses(&Journal::of(ADMITTED), body("pushed", None), "no push is under way");
    let deploying = after(PUSHED, &["started deploy", "failed deploy"]);
    refuses(&deploying, body("deployed", None), "no roll-out is under way");
    refuses(&deploying, body("deploy_failed", None), "no roll-out is under way");
    refuses(&deploying, body("undone", None), "no undo is under way");
    let acting = after(PLANNED, &["started act", "failed act"]);
    refuses(&acting, body("acted", None), "no action is under way");
    let verifying = after(PUSHED, &["started deploy", "deployed", "started verify", "failed verify"]);
    for kind in ["verified", "verification_failed", "unverified"] {
        refuses(&verifying, body(kind, None), "no verification is under way");
    }
    let resolved = after(PUSHED, &["started deploy", "deployed", "started verify", "verified", "resolved"]);
    refuses(&resolved, body("learned", None), "no lesson is under way");
}

#[test]
fn an_outcome_is_about_the_option_that_is_tried_and_every_gate_passed() {
    let proposing = after(PLANNED, &["started propose"]);
    let refused = |option| Body::Refused { option, refusal: crate::sample::refusal("build") };
    refuses(&proposing, refused(1), "that option is not being tried");
    let admitted = |option, proposal| Body::Admitted { option, proposal: Box::new(proposal) };
    refuses(&proposing, admitted(1, proposal()), "that option is not being tried");
    let mut failing = proposal();
    failing.gates.push(gate(false));
    refuses(&proposing, admitted(0, failing), "a gate did not pass");
    for left_out in wire::verification::Gate::REQUIRED {
        let mut without_one = proposal();
        without_one.gates.retain(|report| report.gate != left_out);
        refuses(&proposing, admitted(0, without_one), "a gate did not pass");
    }
    let mut without = proposal();
    without.gates.clear();
    refuses(&proposing, admitted(0, without), "a gate did not pass");
}

#[test]
fn an_approval_is_for_exactly_the_admitted_change() {
    let journal = after(ADMITTED, &["approval_requested"]);
    let approved = |what: &str| Body::Approved { digest: Digest::of(what), by: "ann".into(), note: String::new() };
    refuses(&journal, approved("another"), "the approval is for another change");
    let nameless = Body::Approved { digest: Digest::of("proposal"), by: " ".into(), note: String::new() };
    refuses(&journal, nameless, "an approval has the name of whoever gave it");
    let mut journal = journal.clone();
    assert_eq!(journal.append(approved("proposal")).unwrap().approved, Some(Digest::of("proposal")));
}

#[test]
fn what_is_live_is_the_commit_that_was_pushed() {
    let journal = after(PUSHED, &["started deploy"]);
    let deployed = |commit, outcome| Body::Deployed { rollout: Box::new(rollout(commit, outcome)) };
    for outcome in
        [RolloutOutcome::Refused, RolloutOutcome::RolledBack, RolloutOutcome::Superseded, RolloutOutcome::Unknown]
    {
        refuses(&journal, deployed(commit('c'), outcome), "what was pushed is not live");
    }
    refuses(&journal, deployed(commit('e'), RolloutOutcome::Live), "what was pushed is not live");
}

#[test]
fn what_is_live_is_the_verified_artefact_or_where_a_pipeline_built_it_the_verified_tree() {
    let journal = after(PUSHED, &["started deploy"]);
    let deployed = |artefact, told_by, tree| {
        let rollout = rollout(commit('c'), RolloutOutcome::Live);
        Body::Deployed { rollout: Box::new(Rollout { artefact, told_by, tree, ..rollout }) }
    };
    let another = Some(Digest::of("another"));
    for (artefact, told_by, tree) in [
        (another.clone(), None, tree('b')),
        (another, Some(ToldBy::Target), tree('b')),
        (None, None, tree('b')),
        (None, Some(ToldBy::Unknown), tree('b')),
        (None, Some(ToldBy::Target), tree('e')),
    ] {
        refuses(&journal, deployed(artefact, told_by, tree), "what is live is not what was verified");
    }
    for told_by in [ToldBy::Pipeline, ToldBy::Target] {
        let mut journal = journal.clone();
        journal.append(deployed(None, Some(told_by), tree('b'))).expect("the verified tree is live");
    }
}

#[test]
fn only_a_met_contract_of_this_fault_verifies() {
    let journal = after(PUSHED, &["started deploy", "deployed", "started verify"]);
    let why = "the contract of this fault was not met";
    for judgement in [Judgement::Broken, Judgement::NoWitness, Judgement::Unverified] {
        refuses(&journal, Body::Verified { report: Box::new(report(judgement)) }, why);
    }
    let mut other = report(Judgement::Met);
    other.code = "FAULT_OTHER".parse().unwrap();
    refuses(&journal, Body::Verified { report: Box::new(other) }, why);
}

#[test]
fn what_is_to_be_undone_goes_no_further() {
    let journal = after(PUSHED, &["started deploy", "deploy_failed"]);
    let started = |step, attempt| Body::Started { step, attempt, option: None, policy: Digest::of("p") };
    refuses(&journal, started(Step::Deploy, 2), "what is to be undone goes no further");
    let journal = after(PUSHED, &["started deploy", "deployed", "started verify", "verification_failed"]);
    refuses(&journal, started(Step::Verify, 2), "what is to be undone goes no further");
    assert!(journal.clone().append(started(Step::Undo, 1)).is_ok());
}

#[test]
fn an_undo_needs_something_to_undo() {
    let undo = Body::Started { step: Step::Undo, attempt: 1, option: None, policy: Digest::of("p") };
    // A commit whose roll-out gave no result may be taken back; one that was proved may not.
    assert!(after(PUSHED, &["started deploy", "failed deploy"]).append(undo.clone()).is_ok());
    let verified = after(PUSHED, &["started deploy", "deployed", "started verify", "verified"]);
    refuses(&verified, undo.clone(), "there is nothing to undo");
    refuses(&after(PLANNED, &["started act", "failed act"]), undo, "there is nothing to undo");
}

#[test]
fn a_resolution_needs_the_proof_the_whole_journal_and_nothing_open() {
    let verifying = after(PUSHED, &["started deploy", "deployed", "started verify"]);
    refuses(&verifying, resolved(&verifying), "something is still open");
    for failure in ["verification_failed", "unverified", "failed verify"] {
        let mut journal = verifying.clone();
        journal.add(failure).unwrap();
        let why = if failure == "verification_failed" {
            "something is still open"
        } else {
            "no verified action stands behind it"
        };
        refuses(&journal, resolved(&journal), why);
    }
    let mut verified = verifying.clone();
    verified.add("verified").unwrap();
    let mut other = certificate(verified.incident());
    other.replay = "kr-2".parse().unwrap();
    refuses(&verified, Body::Resolved { certificate: other }, "no verified action stands behind it");
    let stale = resolved(&verified);
    verified.add("occurred").unwrap();
    refuses(&verified, stale, "the certificate does not cover the journal");
    assert!(verified.clone().append(resolved(&verified)).is_ok());
}

#[test]
fn a_later_verification_replaces_the_proof_of_an_earlier_one() {
    let mut journal =
        after(PUSHED, &["started deploy", "deployed", "started verify", "verified", "started verify", "unverified"]);
    assert_eq!(journal.incident().proof, None);
    assert!(journal.add("resolved").is_err());
}

#[test]
fn what_was_learned_is_not_learned_again() {
    let kinds = ["started deploy", "deployed", "started verify", "verified", "resolved", "started learn", "learned"];
    let journal = after(PUSHED, &kinds);
    let again = Body::Started { step: Step::Learn, attempt: 2, option: None, policy: Digest::of("p") };
    refuses(&journal, again, "it was learned already");
}

fn resolved(journal: &Journal) -> Body {
    Body::Resolved { certificate: certificate(journal.incident()) }
}

#[test]
fn a_refused_event_changes_nothing() {
    let journal = Journal::of(PUSHED);
    let before = journal.incident().clone();
    for kind in ["deployed", "verified", "resolved", "planned", "started push"] {
        let mut journal = journal.clone();
        assert!(journal.add(kind).is_err(), "{kind}");
        assert_eq!(journal.incident(), &before);
        assert_eq!(journal.events.len(), PUSHED.len());
    }
    // `apply` is given the state by reference: folding the same events again gives the same state.
    let again = journal.events.iter().fold(None, |state, event: &Event| Some(apply(state.as_ref(), event).unwrap()));
    assert_eq!(again.as_ref(), Some(&before));
}

#[test]
fn only_what_has_pushed_nothing_rests_under_another_and_only_once() {
    let correlated = body("correlated", None);
    for kinds in [&["detected"][..], PLANNED, ADMITTED] {
        let incident = after(kinds, &["correlated"]).incident().clone();
        assert!(incident.proposal.is_none() && incident.option.is_none() && incident.parent.is_some());
    }
    refuses(&after(PLANNED, &["started propose"]), correlated.clone(), "another step is under way");
    let itself = Body::Correlated { parent: Journal::of(&["detected"]).incident().id, why: String::new() };
    refuses(&Journal::of(PLANNED), itself, "nothing is a symptom of itself");
    let separated = after(PLANNED, &["correlated", "separated"]);
    assert!(separated.incident().separated && separated.incident().parent.is_none());
    refuses(&separated, correlated, "it was found to be no symptom");
}

#[test]
fn what_rested_can_only_have_gone_with_its_cause() {
    let resting = after(PLANNED, &["correlated"]);
    let why = "a symptom that nobody looked at can only have gone with its cause";
    refuses(&resting, body("dismissed", None), why);
    let gone = Body::Dismissed { verdict: wire::plan::Verdict::Recovered, why: "quiet".into() };
    assert!(resting.clone().append(gone).unwrap().parent.is_some());
}

#[test]
fn what_was_refused_before_it_rested_is_not_tried_again_afterwards() {
    let kinds = ["started propose", "refused", "correlated", "separated", "started analyze", "planned"];
    let journal = after(PLANNED, &kinds);
    assert!(journal.incident().spent.contains(&0), "{:?}", journal.incident().spent);
}
