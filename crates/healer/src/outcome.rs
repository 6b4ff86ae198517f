//! What an answer means: the event that it becomes. Pure. An answer that does not fit what was asked is a failure of the
//! step, never success.

use crate::diagnosis::clip;
use wire::event::{Body, Step};
use wire::incident::Incident;
use wire::plan::{Learned, Plan, Verdict};
use wire::proposal::{ProposeOutcome, PushOutcome, Refusal};
use wire::relief::{Relieved, Withdrawn};
use wire::rollout::{Live, Rollout, RolloutOutcome};
use wire::verification::{Judgement, ReplayReport, UNVERIFIED};
use wire::{CommitId, Problem, TreeId};

/// The longest text of a problem that is journaled, bytes.
const MAX_PROBLEM: usize = 2 * 1024;

/// Of a plan: what is not to be changed is dismissed, with the verdict. What nobody can tell is planned, without an option:
/// it goes to a person.
pub fn planned(mut plan: Plan) -> Body {
    if plan.verdict == Verdict::Unknown {
        plan.options.clear();
    }
    if plan.verdict.is_actionable() || plan.verdict == Verdict::Unknown {
        return Body::Planned { plan };
    }
    let why = match plan.verdict {
        Verdict::UserError => "a mistake of the caller",
        Verdict::ExpectedDenial => "the target said no, as it should",
        Verdict::Recovered => "it is over by itself",
        Verdict::Noise => "nothing is wrong",
        _ => "nothing is to be changed",
    };
    Body::Dismissed { verdict: plan.verdict, why: format!("{why}: {}", clip(&plan.root_cause, MAX_PROBLEM)) }
}

/// Of a proposal. A candidate of which nothing could be said was not refused: the step failed, and the option is still there.
///
/// # Errors
/// When no option is being tried, or nothing could be said.
pub fn proposed(incident: &Incident, outcome: ProposeOutcome) -> Result<Body, Problem> {
    match outcome {
        ProposeOutcome::Admitted(proposal) if proposal.target == incident.target => {
            Ok(Body::Admitted { option: option(incident)?, proposal: Box::new(proposal) })
        }
        ProposeOutcome::Admitted(_) => Err(Problem::new("malformed", "the proposal is for another target")),
        ProposeOutcome::Refused(refusal) if refusal.code == UNVERIFIED => Err(Problem::new(UNVERIFIED, refusal.why)),
        ProposeOutcome::Refused(refusal) => refused(incident, refusal),
    }
}

/// Of a push. Where nothing was changed there is nothing to roll out: the option is spent.
///
/// # Errors
/// When no option is being tried, or the commit does not hold what was admitted.
pub fn pushed(incident: &Incident, outcome: PushOutcome) -> Result<Body, Problem> {
    match outcome {
        PushOutcome::Pushed(pushed) if incident.proposal.as_ref().is_some_and(|p| p.tree == pushed.tree) => {
            Ok(Body::Pushed { commit: pushed.commit })
        }
        PushOutcome::Pushed(_) => Err(Problem::new("malformed", "the commit has another tree than the proposal")),
        PushOutcome::Unchanged { .. } => {
            let why = "the branch held the change already, and the fault is there all the same".to_owned();
            refused(incident, Refusal { code: "unchanged".into(), why, diff: None, gates: Vec::new() })
        }
        PushOutcome::Refused(refusal) => refused(incident, refusal),
    }
}

/// Of a roll-out: it is live when it says so of the very commit and of what was verified, and failed in every other case.
pub fn deployed(incident: &Incident, rollout: Rollout) -> Body {
    let live = rollout.outcome == RolloutOutcome::Live
        && incident.commit.as_ref() == Some(&rollout.commit)
        && incident.proposal.as_deref().is_some_and(|proposal| rollout.is_of(proposal));
    let rollout = Box::new(rollout);
    if live { Body::Deployed { rollout } } else { Body::DeployFailed { rollout } }
}

/// Of a replay on live, with what ran before and after it. What another version answered proves nothing of this one.
///
/// # Errors
/// When it is the replay of another fault.
pub fn verified(
    incident: &Incident,
    mut report: ReplayReport,
    before: Option<&Live>,
    after: Option<&Live>,
) -> Result<Body, Problem> {
    if report.code != incident.code {
        return Err(Problem::new("malformed", "the report is about another fault"));
    }
    if let Err(why) = stood(incident, before, after) {
        report.judgement = Judgement::Unverified;
        report.why = format!("live_changed: {why}");
    }
    let judgement = report.judgement;
    let report = Box::new(report);
    Ok(match judgement {
        Judgement::Met => Body::Verified { report },
        Judgement::Broken | Judgement::NoWitness => Body::VerificationFailed { report },
        Judgement::Unverified => Body::Unverified { report },
    })
}

/// Whether the incident's own commit was live all the while.
fn stood(incident: &Incident, before: Option<&Live>, after: Option<&Live>) -> Result<(), String> {
    let (Some(before), Some(after)) = (before, after) else { return Err("nothing is said to be live".into()) };
    // A runtime action brings no commit of its own, and neither does what is only eased: then it is whatever was live.
    let own = incident.commit.as_ref().filter(|_| incident.acted.is_none()).unwrap_or(&before.commit);
    for live in [before, after] {
        let proves = incident.commit.is_some() || incident.acted.is_some() || incident.is_held();
        if !proves || *own != live.commit {
            return Err(format!("{} is live, not the commit that was to be proved", live.commit));
        }
    }
    let same = (before.since, before.rollouts) == (after.since, after.rollouts);
    same.then_some(()).ok_or_else(|| "another version was live for a while".into())
}

/// Of the first half of an undo: the commit that is to go live.
///
/// # Errors
/// When the revert was refused.
pub fn reverted(outcome: PushOutcome) -> Result<(CommitId, TreeId), Problem> {
    match outcome {
        PushOutcome::Pushed(pushed) => Ok((pushed.commit, pushed.tree)),
        PushOutcome::Unchanged { head, tree } => Ok((head, tree)),
        PushOutcome::Refused(refusal) => Err(Problem::new(&refusal.code, refusal.why)),
    }
}

/// Of the second half of an undo. A branch that moved on after the revert is rolled out by its own push, so git's head
/// is what runs there too.
///
/// # Errors
/// When the reverting commit did not go live.
pub fn undone(incident: &Incident, reverting: CommitId, rollout: &Rollout) -> Result<Body, Problem> {
    match rollout.outcome {
        RolloutOutcome::Live if rollout.commit != reverting => {
            Err(Problem::new("malformed", "another commit than the reverting one went live"))
        }
        RolloutOutcome::Live | RolloutOutcome::Superseded => Ok(nothing_left(incident, Some(reverting))),
        RolloutOutcome::Refused => Err(Problem::new("rollout_refused", rollout.why.clone())),
        RolloutOutcome::RolledBack => Err(Problem::new("rolled_back", rollout.why.clone())),
        RolloutOutcome::Unknown => Err(Problem::new("unknown_outcome", rollout.why.clone())),
    }
}

/// Of an undo after which nothing of the option is left.
pub fn nothing_left(incident: &Incident, commit: Option<CommitId>) -> Body {
    let but_stays = " (what the playbook kept had made it better, and stays)";
    let stays = if incident.acted.is_some() && commit.is_none() { but_stays } else { "" };
    let why = clip(incident.undo.as_deref().unwrap_or("the change did not heal"), MAX_PROBLEM);
    Body::Undone { commit, why: format!("{why}{stays}") }
}

/// Of reliefs that are in force.
pub fn relieved(relieved: Relieved) -> Body {
    Body::Relieved { what: clip(&relieved.what, MAX_PROBLEM), until: relieved.until }
}

/// Of reliefs that are in force no more.
pub fn withdrawn(withdrawn: Withdrawn) -> Body {
    Body::Withdrawn(Withdrawn { what: clip(&withdrawn.what, MAX_PROBLEM), ..withdrawn })
}

/// Of a lesson.
pub fn learned(learned: Learned) -> Body {
    Body::Learned { document: learned.document }
}

/// Of a step that gave no result; it may pass by itself when something that the step needs did not answer.
pub fn failed(step: Step, attempt: u32, problem: Problem, may_pass: bool) -> Body {
    let problem = Problem { message: clip(&problem.message, MAX_PROBLEM), code: clip(&problem.code, 96), ..problem };
    Body::Failed { step, attempt, problem, may_pass }
}

fn refused(incident: &Incident, refusal: Refusal) -> Result<Body, Problem> {
    Ok(Body::Refused { option: option(incident)?, refusal })
}

fn option(incident: &Incident) -> Result<u32, Problem> {
    incident.option.ok_or_else(|| Problem::new("incomplete", "no option is being tried"))
}
