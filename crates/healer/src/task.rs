//! What is asked of whom for a step. Pure: the folded journal holds everything that a task needs.

mod runtime;

use crate::diagnosis::clip;
use runtime::{act, is_watched, prepare, relieve, watch, withdraw};
use wire::event::Step;
use wire::incident::Incident;
use wire::plan::{Lesson, PlanOption, PlanRequest, Remedy, Suspect, Verdict};
use wire::proposal::{PatchTask, Propose, Push, Revert, Symptom};
use wire::relief::{Relieve, Withdraw};
use wire::rollout::{Deploy, Live, Mode};
use wire::runtime::{ResourceName, WardTask};
use wire::verification::{Replay, VerifyTask};
use wire::{Authority, CommitId, Problem, TreeId};

/// How many of the incident's refusals a planner is told.
const MAX_REFUSALS: usize = 10;

/// What a step asks for, and of whom.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Of `rag-gateway`.
    Plan(PlanRequest),
    /// Of `patcher`.
    Propose(PatchTask),
    /// Of `patcher`.
    Push(PatchTask),
    /// Of `deployer`.
    Deploy(Deploy),
    /// Of `verifier`.
    Replay(VerifyTask),
    /// Of `warden`.
    Ward(WardTask),
    /// Of `patcher`, and then of `deployer`, see [`roll_back`].
    Revert(PatchTask),
    /// Nothing was pushed, so nothing is to be taken back.
    NothingToUndo,
    /// Of `rag-gateway`.
    Learn(Lesson),
    /// Of `deployer`.
    Relieve(Relieve),
    /// Of `deployer`.
    Withdraw(Withdraw),
}

/// What a task needs besides the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Around<'a> {
    /// The lease.
    pub authority: Authority,
    /// The language of the target's patchable files.
    pub language: &'a str,
    /// What the target file says that the fault is.
    pub declared: Option<Verdict>,
    /// The resource that the fault is about, where the target file has one.
    pub playbook: Option<&'a ResourceName>,
    /// Whether the fault's contract may be replayed on live.
    pub replays_live: bool,
    /// Whether the target file allows language models.
    pub models: bool,
    /// What a developer had pushed and what went live shortly before.
    pub suspects: Vec<Suspect>,
    /// The base URL of the live version.
    pub front: &'a str,
    /// The W3C trace context.
    pub trace_parent: Option<String>,
}

/// The task of a step that is under way.
///
/// # Errors
/// When the journal does not hold what the step needs. `apply` lets no step begin then, unless a newer version wrote it.
pub fn of(incident: &Incident, step: Step, around: &Around<'_>) -> Result<Task, Problem> {
    let task = match step {
        Step::Analyze => Some(Task::Plan(plan(incident, around))),
        Step::Propose if incident.tries_a_playbook() => Some(Task::Ward(WardTask::Prepare(prepare(incident)))),
        Step::Propose => propose(incident, around).map(|propose| Task::Propose(PatchTask::Propose(propose))),
        Step::Push => push(incident, around).map(|push| Task::Push(PatchTask::Push(push))),
        Step::Deploy => deploy(incident, around).map(Task::Deploy),
        Step::Verify if is_watched(incident, around) => Some(Task::Ward(WardTask::Watch(watch(incident)))),
        Step::Verify => Some(Task::Replay(VerifyTask::Replay(Replay {
            target: incident.target.clone(),
            code: incident.code.clone(),
            base_url: around.front.to_owned(),
            live: None,
        }))),
        Step::Undo if incident.commit.is_none() => Some(Task::NothingToUndo),
        Step::Undo => revert(incident, around).map(|revert| Task::Revert(PatchTask::Revert(revert))),
        Step::Learn => lesson(incident, around).map(Task::Learn),
        Step::Act => Some(Task::Ward(WardTask::Act(act(incident, around)))),
        Step::Relieve => Some(Task::Relieve(relieve(incident, around))),
        Step::Withdraw => Some(Task::Withdraw(withdraw(incident, around))),
    };
    task.ok_or_else(|| Problem::new("incomplete", format!("the journal does not hold what {} needs", step.as_str())))
}

/// A replay on live with who must answer it: what another instance answers proves nothing of this one.
pub fn on_live(mut task: VerifyTask, live: Option<&Live>) -> VerifyTask {
    if let VerifyTask::Replay(replay) = &mut task {
        replay.live = live.and_then(Live::answerer);
    }
    task
}

/// The second half of an undo: the reverting commit, which was built before, goes live.
pub fn roll_back(incident: &Incident, commit: CommitId, tree: TreeId, authority: Authority) -> Deploy {
    let (incident, target) = (incident.id, incident.target.clone());
    Deploy { incident, target, commit, tree, artefact: None, mode: Mode::Plain, authority }
}

/// The option that is being tried.
pub(crate) fn option(incident: &Incident) -> Option<&PlanOption> {
    let index = usize::try_from(incident.option?).ok()?;
    incident.plan.as_ref()?.options.get(index)
}

fn plan(incident: &Incident, around: &Around<'_>) -> PlanRequest {
    let detection = &incident.detection;
    PlanRequest {
        incident: incident.id,
        target: incident.target.clone(),
        language: around.language.to_owned(),
        code: incident.code.clone(),
        message: detection.message.clone(),
        reason: detection.reason.clone(),
        context: detection.line.iter().chain(&detection.context).cloned().collect(),
        tried: incident.tried.iter().cloned().collect(),
        suspects: around.suspects.clone(),
        declared: around.declared,
        playbook: around.playbook.cloned(),
        models: around.models,
    }
}

fn propose(incident: &Incident, around: &Around<'_>) -> Option<Propose> {
    let option = option(incident)?.clone();
    let symptom = matches!(option.remedy, Remedy::Model {}).then(|| Box::new(symptom(incident)));
    Some(Propose {
        incident: incident.id,
        target: incident.target.clone(),
        code: incident.code.clone(),
        option,
        authority: around.authority,
        symptom,
    })
}

fn symptom(incident: &Incident) -> Symptom {
    let detection = &incident.detection;
    let refusals = &incident.refusals;
    let newest = refusals.len().saturating_sub(MAX_REFUSALS);
    Symptom {
        message: detection.message.clone(),
        reason: detection.reason.clone(),
        lines: detection.line.iter().chain(&detection.context).cloned().collect(),
        refusals: refusals.iter().skip(newest).map(|why| clip(why, 500)).collect(),
    }
}

fn push(incident: &Incident, around: &Around<'_>) -> Option<Push> {
    Some(Push {
        incident: incident.id,
        code: incident.code.clone(),
        proposal: incident.proposal.as_deref()?.clone(),
        authority: around.authority,
        trace_parent: around.trace_parent.clone(),
    })
}

fn deploy(incident: &Incident, around: &Around<'_>) -> Option<Deploy> {
    let proposal = incident.proposal.as_deref()?;
    Some(Deploy {
        incident: incident.id,
        target: incident.target.clone(),
        commit: incident.commit.clone()?,
        tree: proposal.tree.clone(),
        artefact: Some(proposal.artefact.clone()),
        mode: Mode::Heal { code: incident.code.clone() },
        authority: around.authority,
    })
}

fn revert(incident: &Incident, around: &Around<'_>) -> Option<Revert> {
    Some(Revert {
        incident: incident.id,
        target: incident.target.clone(),
        code: incident.code.clone(),
        commit: incident.commit.clone()?,
        why: clip(incident.undo.as_deref().unwrap_or("the change did not heal"), 500),
        authority: around.authority,
    })
}

fn lesson(incident: &Incident, around: &Around<'_>) -> Option<Lesson> {
    let remedy = option(incident)?.remedy.clone();
    if incident.acted.is_some() {
        return Some(Lesson { healed: true, ..told(incident, around, remedy)? });
    }
    let proposal = incident.proposal.as_deref()?;
    let distilled = proposal.distilled.as_deref().cloned();
    Some(Lesson { diff: proposal.diff.clone(), healed: true, distilled, ..told(incident, around, remedy)? })
}

/// What is to be remembered of an option that is taken back because it did not heal. Where a step gave no result, nothing is
/// known of the option.
pub fn undone(incident: &Incident, around: &Around<'_>) -> Option<Lesson> {
    let failed = !incident.gave_up && incident.undo.is_some() && incident.commit.is_some();
    let option = option(incident).filter(|_| failed)?;
    let distilled = incident.proposal.as_deref().and_then(|proposal| proposal.distilled.as_deref().cloned());
    Some(Lesson { distilled, ..told(incident, around, option.remedy.clone())? })
}

/// What is to be remembered of an option that had healed, and after which the fault came back.
pub fn came_back(incident: &Incident, around: &Around<'_>) -> Option<Lesson> {
    let back = incident.came_back.as_ref()?;
    let index = usize::try_from(back.option).ok()?;
    let remedy = incident.plan.as_ref()?.options.get(index)?.remedy.clone();
    Some(Lesson { distilled: back.distilled.as_deref().cloned(), ..told(incident, around, remedy)? })
}

/// The same each time it is told: it counts once.
fn told(incident: &Incident, around: &Around<'_>, remedy: Remedy) -> Option<Lesson> {
    let detection = &incident.detection;
    let texts = [Some(&detection.message), detection.reason.as_ref(), detection.line.as_ref()];
    let symptoms: Vec<&str> = texts.into_iter().flatten().map(String::as_str).filter(|text| !text.is_empty()).collect();
    Some(Lesson {
        incident: incident.id,
        target: incident.target.clone(),
        code: incident.code.clone(),
        language: around.language.to_owned(),
        symptoms: symptoms.join("\n"),
        root_cause: incident.plan.as_ref()?.root_cause.clone(),
        remedy,
        diff: String::new(),
        healed: false,
        distilled: None,
    })
}
