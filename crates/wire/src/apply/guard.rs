//! The conditions of an event that depend on more than the status.

use super::Refused;
use crate::event::{Body, Step};
use crate::incident::{Eased, Incident, Status};
use crate::plan::Verdict;
use crate::rollout::RolloutOutcome;
use crate::verification::{Gate, Judgement};

/// How often a person may have one incident tried again.
pub const MAX_RETRIES: u32 = 10;

/// What the table cannot say: conditions on the content.
pub(super) fn check(state: &Incident, body: &Body) -> Result<(), Refused> {
    let in_flight = |step: Step| state.in_flight.is_some_and(|f| f.step == step);
    match body {
        Body::Started { step, attempt, option, .. } => {
            holds(state.in_flight.is_none(), "another step is under way")?;
            let begun = state.attempts.get(step).copied().unwrap_or(0);
            holds(*attempt == begun + 1, "attempts count up from 1")?;
            let spent = matches!(step, Step::Propose | Step::Act) && option.is_none_or(|o| state.spent.contains(&o));
            holds(!spent, "an option that was spent is not tried again")?;
            let forward = matches!(step, Step::Push | Step::Deploy | Step::Act | Step::Verify);
            holds(!forward || state.undo.is_none(), "what is to be undone goes no further")?;
            // Without a recorded failure a pushed commit may still be taken back: its roll-out or proof gave no result.
            let undoable = state.undo.is_some() || (state.commit.is_some() && state.proof.is_none());
            holds(*step != Step::Undo || undoable, "there is nothing to undo")?;
            holds(*step != Step::Push || state.proposal.is_some(), "there is no change to push")?;
            of_an_intent(state, *step)?;
            of_a_relief(state, *step)?;
            holds(*step != Step::Learn || state.document.is_none(), "it was learned already")
        }
        Body::Progressed { step, attempt, .. } | Body::Failed { step, attempt, .. } => {
            let same = state.in_flight.is_some_and(|f| f.step == *step && f.attempt == *attempt);
            holds(same, "that step is not under way")
        }
        Body::Planned { .. } => holds(in_flight(Step::Analyze), "no analysis is under way"),
        Body::Refused { option, .. } => {
            let here = [Step::Propose, Step::Push, Step::Act].into_iter().any(in_flight);
            holds(here && state.option == Some(*option), "that option is not being tried")
        }
        Body::Admitted { option, proposal } => {
            let here = in_flight(Step::Propose) && state.option == Some(*option);
            holds(here, "that option is not being tried")?;
            holds(Gate::all_passed(&proposal.gates), "a gate did not pass")
        }
        Body::Intended(intent) => {
            holds(in_flight(Step::Propose) && state.tries_a_playbook(), "no playbook is being proposed")?;
            let own = intent.target == state.target && intent.code == state.code && intent.is_whole();
            holds(own, "it is not what would be done for this fault")?;
            let waits = state.status == Status::AwaitingApproval;
            let same = state.proposed() == Some(&intent.digest);
            holds(!waits || same, "another intent is waited for")
        }
        Body::Pushed { .. } => holds(in_flight(Step::Push), "no push is under way"),
        Body::Deployed { rollout } => {
            holds(in_flight(Step::Deploy), "no roll-out is under way")?;
            let live = rollout.outcome == RolloutOutcome::Live && state.commit.as_ref() == Some(&rollout.commit);
            holds(live, "what was pushed is not live")?;
            let verified = state.proposal.as_ref().is_some_and(|proposal| rollout.is_of(proposal));
            holds(verified, "what is live is not what was verified")
        }
        Body::DeployFailed { .. } => holds(in_flight(Step::Deploy), "no roll-out is under way"),
        Body::Acted { .. } => holds(in_flight(Step::Act), "no action is under way"),
        Body::Verified { report } => {
            holds(in_flight(Step::Verify), "no verification is under way")?;
            let met = report.judgement == Judgement::Met && report.code == state.code;
            holds(met, "the contract of this fault was not met")
        }
        Body::VerificationFailed { .. } | Body::Unverified { .. } => {
            holds(in_flight(Step::Verify), "no verification is under way")
        }
        Body::Undone { .. } => holds(in_flight(Step::Undo), "no undo is under way"),
        Body::Relieved { .. } => holds(in_flight(Step::Relieve), "no relief is under way"),
        Body::Withdrawn { .. } => holds(is_eased(state), "no relief stands"),
        Body::Resolved { certificate } => {
            holds(!is_eased(state), "a relief still stands")?;
            holds(state.in_flight.is_none() && state.undo.is_none(), "something is still open")?;
            holds(state.proof.as_ref() == Some(&certificate.replay), "no verified action stands behind it")?;
            holds(certificate.head == state.head, "the certificate does not cover the journal")
        }
        Body::Learned { .. } => holds(in_flight(Step::Learn), "no lesson is under way"),
        _ => of_people(state, body),
    }
}

/// What people are asked and say.
fn of_people(state: &Incident, body: &Body) -> Result<(), Refused> {
    match body {
        Body::ApprovalRequested { digest, .. } => {
            holds(state.proposed() == Some(digest), "the approval is asked for another change")
        }
        Body::Approved { digest, by, .. } => {
            holds(!by.trim().is_empty(), "an approval has the name of whoever gave it")?;
            holds(state.proposed() == Some(digest), "the approval is for another change")
        }
        Body::Retried { .. } => {
            holds(state.retries < MAX_RETRIES, "it was tried again too often: resolve or dismiss it, or reset")?;
            holds(state.may_be_retried(), "something is still tried, or only looked at again")?;
            // A new plan would be made on top of what nobody has judged.
            let stands = "a change of this incident stands on the branch, neither proved nor taken back: see to that, then resolve it";
            holds(state.commit.is_none(), stands)
        }
        _ => beside_others(state, body),
    }
}

/// What is about other incidents, too.
fn beside_others(state: &Incident, body: &Body) -> Result<(), Refused> {
    match body {
        Body::Correlated { parent, .. } => {
            holds(*parent != state.id, "nothing is a symptom of itself")?;
            holds(state.in_flight.is_none(), "another step is under way")?;
            holds(state.commit.is_none() && state.acted.is_none(), "what has changed something sees to it")?;
            holds(!state.separated, "it was found to be no symptom")
        }
        Body::Postponed { .. } => holds(state.in_flight.is_none(), "another step is under way"),
        Body::Dismissed { verdict, .. } => {
            let gone = *verdict == Verdict::Recovered;
            let is_symptom = state.status == Status::Correlated;
            holds(gone || !is_symptom, "a symptom that nobody looked at can only have gone with its cause")?;
            let acting = state.status == Status::Acting;
            holds(!acting || (gone && state.acted.is_none()), "what was acted on is not dismissed")?;
            let asking = matches!(state.status, Status::Proposing | Status::AwaitingApproval);
            let well = gone && state.tries_a_playbook() && state.in_flight.is_some();
            holds(!asking || well, "only what a playbook finds well is dismissed there")?;
            let is_over = gone && state.is_held() && state.proof.is_some() && !is_eased(state);
            let eased = state.status == Status::Mitigated;
            holds(!eased || is_over, "what is eased is over when that was proved, and no relief stands")
        }
        _ => Ok(()),
    }
}

/// What begins for a playbook that a person is asked about.
fn of_an_intent(state: &Incident, step: Step) -> Result<(), Refused> {
    let (admitted, waits) = (state.status == Status::Admitted, state.status == Status::AwaitingApproval);
    let intended = !(waits && step == Step::Propose || admitted && step == Step::Act) || state.intent.is_some();
    holds(intended, "no playbook was proposed")?;
    let asked = state.approval_expires_at.is_none() || state.approved.as_ref() == state.proposed();
    holds(!(admitted && step == Step::Act) || asked, "nobody approved it")
}

/// What begins for a relief's sake.
fn of_a_relief(state: &Incident, step: Step) -> Result<(), Refused> {
    holds(step != Step::Withdraw || is_eased(state), "no relief stands")?;
    let looks = state.status == Status::Mitigated && matches!(step, Step::Relieve | Step::Withdraw | Step::Verify);
    holds(!looks || state.is_held(), "it is not for a relief alone that it is mitigated")
}

fn is_eased(state: &Incident) -> bool {
    state.eased.as_ref().is_some_and(Eased::stands)
}

fn holds(condition: bool, why: &'static str) -> Result<(), Refused> {
    condition.then_some(()).ok_or(Refused::Guard(why))
}
