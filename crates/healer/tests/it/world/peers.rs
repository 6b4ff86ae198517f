//! What the healer's peers do when they are asked, and what may go wrong with it.

use super::{What, World};
use crate::model::choice::Choices;
use crate::sample::{code, gates, known, live, name, plan, report, tree, unknown};
use healer::task::Task;
use wire::operation::task_digest;
use wire::plan::{Learned, Plan, Verdict};
use wire::proposal::{PatchTask, Proposal, ProposeOutcome, PushOutcome, PushedCommit, Refusal};
use wire::rollout::{Deploy, Live, Rollout, RolloutOutcome};
use wire::verification::{Judgement, ReplayReport};
use wire::{Authority, CommitId, Digest, OperationKey, Problem, Service};

#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Plan(Plan),
    Proposed(ProposeOutcome),
    Pushed(PushOutcome),
    Rollout(Rollout),
    /// A replay, with what was live before and after it.
    Report(Box<(ReplayReport, Live, Live)>),
    Learned(Learned),
}

#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// A newer lease or epoch was seen.
    Stale,
    /// No outcome.
    Failed(Problem),
    /// No answer at all: it may come later.
    Away(Problem),
}

/// What may go wrong with every effect, besides what is special to it: nothing, a failure before and after the effect, no
/// answer before and after the effect.
const COMMON: usize = 5;

impl World {
    /// Begins or finds an operation. What comes of a new one is chosen.
    pub(crate) fn ask(&mut self, task: &Task, key: &OperationKey, choices: &mut Choices) -> Result<Answer, Trouble> {
        let asked = Asked::of(task);
        if let Some((service, authority)) = asked.authority {
            let newest = self.newest.entry(service).or_insert(authority);
            if authority.epoch < newest.epoch || authority.fence < newest.fence {
                return Err(Trouble::Stale);
            }
            *newest = authority;
        }
        if let Some((digest, answer)) = self.ops.get(key) {
            assert_eq!(*digest, asked.digest, "{key} was begun with another task: {task:?}");
            return answer.clone();
        }
        let failed = |code: &str| Trouble::Failed(Problem::new(code, "as chosen"));
        let away = || Trouble::Away(Problem::new("no_answer", "as chosen"));
        let chosen = choices.choose(COMMON + asked.special, asked.what);
        let answer = match chosen {
            0 => Ok(self.effect(task, key, None)),
            1 => Err(failed("failed_before")),
            2 => {
                self.effect(task, key, None);
                Err(failed("failed_after"))
            }
            3 => return Err(away()),
            4 => {
                let answer = self.effect(task, key, None);
                self.ops.insert(key.clone(), (asked.digest, Ok(answer)));
                return Err(away());
            }
            special => Ok(self.effect(task, key, Some(special - COMMON))),
        };
        // Plans and lessons are plain calls: nobody remembers their keys.
        if asked.authority.is_some() || matches!(task, Task::Replay(_)) {
            self.ops.insert(key.clone(), (asked.digest, answer.clone()));
        }
        answer
    }

    /// What a service does: all well, or what is special to the task.
    pub(crate) fn effect(&mut self, task: &Task, key: &OperationKey, special: Option<usize>) -> Answer {
        self.effects.push(key.clone());
        match task {
            Task::Plan(_) => Answer::Plan(match special {
                None => plan(vec![unknown(), known("first"), known("second")]),
                Some(0) => Plan { verdict: Verdict::UserError, ..plan(vec![known("first")]) },
                Some(1) => plan(vec![]),
                _ => plan(vec![unknown()]),
            }),
            Task::Propose(PatchTask::Propose(propose)) => Answer::Proposed(match special {
                None => ProposeOutcome::Admitted(self.proposal(&propose.option.title)),
                _ => ProposeOutcome::Refused(refusal("witness")),
            }),
            Task::Push(PatchTask::Push(push)) => Answer::Pushed(self.push(&push.proposal, special)),
            Task::Revert(PatchTask::Revert(revert)) => Answer::Pushed(self.revert(&revert.commit, special)),
            Task::Deploy(deploy) => Answer::Rollout(self.deploy(deploy, special)),
            Task::Replay(_) => {
                let before = self.what_is_live();
                let report = self.replay(special);
                Answer::Report(Box::new((report, before, self.what_is_live())))
            }
            Task::Learn(lesson) => {
                self.lessons.insert(Digest::of(lesson.incident.to_string()));
                Answer::Learned(Learned { document: "learned".into() })
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn proposal(&self, option: &str) -> Proposal {
        let base = self.git.head().id.clone();
        Proposal {
            distilled: None,
            digest: Proposal::digest_of(&name(), &code(), &base, option),
            target: name(),
            base,
            diff: option.to_owned(),
            files: vec!["app.py".into()],
            tree: tree(self.git.branch.len()),
            artefact: Digest::of(option),
            origin: "codemod doc".into(),
            gates: gates(),
        }
    }

    fn push(&mut self, proposal: &Proposal, special: Option<usize>) -> PushOutcome {
        let what = What::Proposal(proposal.digest.clone());
        if let Some(commit) = self.git.find(&what) {
            return pushed(&commit.id, &commit.tree, true);
        }
        match special {
            Some(0) => return PushOutcome::Refused(refusal("push_rejected")),
            Some(_) => self.developer_pushes(),
            None => {}
        }
        if self.git.head().id != proposal.base {
            return PushOutcome::Refused(refusal("base_moved"));
        }
        let commit = self.git.add(what);
        pushed(&commit.id, &commit.tree, false)
    }

    fn revert(&mut self, commit: &CommitId, special: Option<usize>) -> PushOutcome {
        let what = What::Revert(commit.clone());
        if self.git.find(&what).is_some() {
            let head = self.git.head();
            return PushOutcome::Unchanged { head: head.id.clone(), tree: head.tree.clone() };
        }
        match special {
            Some(0) => return PushOutcome::Refused(refusal("conflict")),
            Some(_) => self.developer_pushes(),
            None => {}
        }
        let commit = self.git.add(what);
        pushed(&commit.id, &commit.tree, false)
    }

    fn deploy(&mut self, deploy: &Deploy, special: Option<usize>) -> Rollout {
        if special == Some(2) {
            self.developer_pushes();
        }
        let outcome = match special {
            _ if deploy.commit != self.git.head().id => RolloutOutcome::Superseded,
            _ if deploy.commit == self.live => RolloutOutcome::Live,
            Some(0) => RolloutOutcome::Refused,
            Some(1) => RolloutOutcome::RolledBack,
            _ => {
                self.live = deploy.commit.clone();
                self.rollouts.push(deploy.commit.clone());
                RolloutOutcome::Live
            }
        };
        Rollout {
            target: name(),
            commit: deploy.commit.clone(),
            tree: deploy.tree.clone(),
            artefact: deploy.artefact.clone(),
            told_by: None,
            outcome,
            why: format!("{outcome:?}"),
            healthy_at: None,
            switched_at: None,
            replay: None,
            spans: vec![],
        }
    }

    /// As the deployer tells it.
    pub(crate) fn what_is_live(&self) -> Live {
        live(self.live.clone(), i64::try_from(self.git.branch.len()).unwrap())
    }

    fn replay(&mut self, special: Option<usize>) -> ReplayReport {
        self.replays += 1;
        if special == Some(3) {
            self.developer_pushes();
        }
        let id: wire::ReplayId = format!("kr-{}", self.replays).parse().unwrap();
        let breaks = self.breaks_live > 0;
        self.breaks_live = self.breaks_live.saturating_sub(1);
        let judgement = match special {
            None if breaks => Judgement::Broken,
            None | Some(3) => Judgement::Met,
            Some(0) => Judgement::Broken,
            Some(1) => Judgement::NoWitness,
            Some(_) => Judgement::Unverified,
        };
        if judgement == Judgement::Met {
            self.proofs.insert(id.clone(), self.live.clone());
        }
        report(id, judgement)
    }
}

/// What is asked: of whom under which lease, what makes it the same again, and how many special outcomes it has.
struct Asked {
    what: &'static str,
    authority: Option<(Service, Authority)>,
    digest: Digest,
    special: usize,
}

impl Asked {
    fn of(task: &Task) -> Self {
        let patcher = |authority| Some((Service::Patcher, authority));
        let (what, authority, digest, special) = match task {
            Task::Plan(request) => ("plan", None, task_digest(request), 3),
            Task::Learn(lesson) => ("learn", None, task_digest(lesson), 0),
            Task::Replay(replay) => ("replay", None, task_digest(replay), 4),
            Task::Deploy(deploy) => ("deploy", Some((Service::Deployer, deploy.authority)), task_digest(deploy), 3),
            Task::Propose(task) | Task::Push(task) | Task::Revert(task) => match task {
                PatchTask::Propose(propose) => ("propose", patcher(propose.authority), task_digest(task), 1),
                PatchTask::Push(push) => ("push", patcher(push.authority), task_digest(task), 2),
                PatchTask::Revert(revert) => ("revert", patcher(revert.authority), task_digest(task), 2),
                PatchTask::Reset(_) => unreachable!("the healer resets nothing"),
            },
            Task::NothingToUndo => unreachable!("nobody is asked"),
            Task::Ward(_) => unreachable!("this world has no resources"),
            Task::Relieve(_) | Task::Withdraw(_) => unreachable!("this world's policies have no relief"),
        };
        Self { what, authority, digest, special }
    }
}

fn pushed(commit: &CommitId, tree: &wire::TreeId, found: bool) -> PushOutcome {
    PushOutcome::Pushed(PushedCommit { commit: commit.clone(), tree: tree.clone(), found })
}

fn refusal(code: &str) -> Refusal {
    Refusal { code: code.into(), why: "as chosen".into(), diff: None, gates: vec![] }
}
