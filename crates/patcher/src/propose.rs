//! Propose: a candidate is made of an option, and the verifier judges it. How a candidate is made depends on the remedy;
//! everything after that is the same for all.

use crate::candidate::{Candidate, Outcome, codemod, of_diff, revert};
use crate::decide::{Seen, in_time, refusal};
use crate::failure::Failure;
use crate::judge;
use crate::land::{searched, seen_on};
use crate::patcher::Patcher;
use crate::repository::{Head, Work};
use chassis::operations::Reporter;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use wire::plan::Remedy;
use wire::proposal::{Proposal, Propose, ProposeOutcome, Refusal};
use wire::span::Stage;
use wire::target::Target;
use wire::verification::{Admit, Verdict, VerifyTask};
use wire::{Authority, Digest, FaultCode, IncidentId, OperationKey};

/// The longest part of a key, characters.
const MAX_KEY: usize = 96;
/// How often a candidate is judged again because hunks of it changed nothing.
const MAX_REDUCTIONS: usize = 2;

/// What every candidate of one task has in common.
#[derive(Debug, Clone)]
pub(crate) struct Case<'a> {
    key: &'a OperationKey,
    pub(crate) target: Arc<Target>,
    pub(crate) incident: IncidentId,
    pub(crate) code: FaultCode,
    pub(crate) authority: Authority,
    seen: Seen,
    pub(crate) reporter: &'a Reporter,
}

impl Patcher {
    /// Makes a candidate and has it judged. Changes nothing on the branch.
    pub(crate) async fn propose(
        &self,
        key: &OperationKey,
        target: Arc<Target>,
        task: Propose,
        reporter: &Reporter,
    ) -> Result<ProposeOutcome, Failure> {
        let Propose { incident, code, authority, option, symptom, .. } = task;
        self.known.authority(incident, authority);
        let seen = self.known.seen(Some(incident));
        in_time(authority.epoch, Some(authority.fence), seen)?;
        let case = Case { key, target, incident, code, authority, seen, reporter };
        match option.remedy {
            Remedy::Codemod { document, rule, digest } if Digest::of_json(&rule) == digest => {
                let make = move |work: &Work, target: &Target, head| codemod::candidate(work, target, head, &rule);
                self.once(&case, make, format!("codemod {document}")).await
            }
            Remedy::Codemod { .. } => Ok(refused("bad_rule", "the rule is not the one that its digest names")),
            Remedy::Revert { commit } => {
                let origin = format!("revert {commit}");
                let make = move |work: &Work, target: &Target, head| revert::candidate(work, target, head, &commit);
                self.once(&case, make, origin).await
            }
            Remedy::Model {} => self.by_model(&case, &symptom.unwrap_or_default()).await,
            Remedy::Playbook { .. } | Remedy::Unknown => {
                Ok(refused("unknown_remedy", "this patcher does not know this kind of remedy"))
            }
        }
    }

    /// A candidate of what is known already: there is one, and it is judged as it is.
    async fn once<F>(&self, case: &Case<'_>, make: F, origin: String) -> Result<ProposeOutcome, Failure>
    where
        F: FnOnce(&Work, &Target, Head) -> Outcome + Send + 'static,
    {
        let candidate = match self.on_head(case, make).await? {
            Ok(candidate) => candidate,
            Err(refusal) => return Ok(ProposeOutcome::Refused(refusal)),
        };
        case.reporter.stage(Stage::Proposed, format!("a candidate was made: {origin}"));
        let (digest, verdict) = self.judge(case, &candidate, false).await?;
        Ok(conclude(case, candidate, digest, verdict, origin))
    }

    /// Works on the branch's newest head, unless the task comes too late by what the branch says.
    pub(crate) async fn on_head<T, F>(&self, case: &Case<'_>, work_on: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: FnOnce(&Work, &Target, Head) -> Outcome<T> + Send + 'static,
    {
        let (authority, told) = (case.authority, case.seen);
        let made = self.shelf.work(&case.target, move |work, target| {
            let head = work.fetch()?;
            in_time(authority.epoch, Some(authority.fence), seen_on(&searched(work, &head)?, told))?;
            work_on(work, target, head)
        });
        made.await
    }

    /// Has a candidate of nobody's knowledge judged; what it does not need is left out, and the rest is judged by itself.
    pub(crate) async fn minimised(
        &self,
        case: &Case<'_>,
        mut candidate: Candidate,
        origin: &str,
    ) -> Result<ProposeOutcome, Failure> {
        for _ in 0..=MAX_REDUCTIONS {
            let (digest, mut verdict) = self.judge(case, &candidate, true).await?;
            let Some(reduced) = verdict.reduced.take() else {
                return Ok(conclude(case, candidate, digest, verdict, origin.to_owned()));
            };
            case.reporter.note("a part of the candidate changes nothing: what is left is judged by itself");
            let head = candidate.head;
            let made = self.shelf.work(&case.target, move |work, target| of_diff(work, target, head, &reduced)).await?;
            candidate = match made {
                Ok(candidate) => candidate,
                Err(refusal) => return Ok(ProposeOutcome::Refused(refusal)),
            };
        }
        let why = format!("after {MAX_REDUCTIONS} reductions it still has parts that change nothing");
        Ok(ProposeOutcome::Refused(Refusal { diff: Some(candidate.diff), ..refusal("not_minimal", why) }))
    }

    async fn judge(
        &self,
        case: &Case<'_>,
        candidate: &Candidate,
        minimise: bool,
    ) -> Result<(Digest, Verdict), Failure> {
        let (target, code) = (case.target.name.clone(), case.code.clone());
        let (base, diff) = (candidate.head.commit.clone(), candidate.diff.clone());
        let digest = Proposal::digest_of(&target, &code, &base, &diff);
        let admit = Admit { target, code, base, diff, minimise };
        let verdict = self.verify(&admit_key(case.key, case.incident, &digest)?, admit, case.reporter).await?;
        Ok((digest, verdict))
    }

    async fn verify(&self, key: &OperationKey, admit: Admit, reporter: &Reporter) -> Result<Verdict, Failure> {
        let (tell, mut told) = unbounded_channel();
        let task = VerifyTask::Admit(admit);
        let judge = async move {
            let verdict = self.verifier.effects.run(key, &task, self.verify_limit, Some(&tell)).await;
            drop(tell);
            verdict
        };
        let pass_on = async {
            while let Some(progress) = told.recv().await {
                reporter.pass_on(progress);
            }
        };
        let (verdict, ()) = tokio::join!(judge, pass_on);
        verdict.map_err(|error| Failure::Verification(Box::new(error)))
    }
}

/// The key under which the verifier is asked: the same after a crash, another one when the step is tried again, since an
/// operation that failed stays failed under its key.
fn admit_key(own: &OperationKey, incident: IncidentId, digest: &Digest) -> Result<OperationKey, Failure> {
    let short = digest.as_str().get(..12).unwrap_or_default();
    let step: String = format!("admit-{short}-{}", own.step).chars().take(MAX_KEY).collect();
    OperationKey::new(incident.to_string(), step).map_err(|error| Failure::Engine(error.to_string()))
}

fn conclude(case: &Case<'_>, candidate: Candidate, digest: Digest, verdict: Verdict, origin: String) -> ProposeOutcome {
    let Candidate { head, tree, diff, files } = candidate;
    match judge::admitted(&verdict, &digest, &tree) {
        Err(refusal) => ProposeOutcome::Refused(Refusal { diff: Some(diff), ..refusal }),
        Ok(artefact) => ProposeOutcome::Admitted(Proposal {
            digest,
            target: case.target.name.clone(),
            base: head.commit,
            diff,
            files,
            tree,
            artefact,
            origin,
            gates: verdict.gates,
            distilled: None,
        }),
    }
}

pub(crate) fn refused(code: &str, why: &str) -> ProposeOutcome {
    ProposeOutcome::Refused(refusal(code, why))
}
