//! A target with its remote, a verifier double, and running patchers.

use crate::developer::commit;
use crate::verifier::Double;
use chassis::Stop;
use client::{Callee, EffectError, Effects};
use git2::Repository;
use patcher::{Keys, Patcher, Settings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use testkit::repository;
use testkit::tiny::{FAULT, Tiny};
use wire::plan::{PlanOption, Remedy};
use wire::proposal::{
    PatchTask, Proposal, Propose, ProposeOutcome, Push, PushOutcome, PushedCommit, Refusal, Reset, Revert, Symptom,
};
use wire::span::Progress;
use wire::target::Target;
use wire::{Authority, CommitId, Digest, Epoch, FaultCode, Fence, IncidentId, OperationKey, Service};

const LIMIT: Duration = Duration::from_secs(30);
pub const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// See the module.
pub struct World {
    pub tiny: Tiny,
    pub target: Target,
    pub verifier: Double,
    pub incident: IncidentId,
    pub authority: Authority,
    pub settings: Settings,
    pub keys: Keys,
    /// What a model option is told.
    pub symptom: Option<Symptom>,
    folder: TempDir,
}

/// A running patcher.
pub struct Running {
    pub base: String,
    pub healer: Effects,
    pub store: Effects,
    stop: Stop,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tiny = Tiny::create(folder.path());
        let verifier = Double::start(&tiny.remote);
        let settings =
            Settings { work: folder.path().join("work"), verifier: verifier.base.clone(), ..Settings::default() };
        let authority = Authority { fence: Fence(10), epoch: Epoch(3) };
        let (target, incident) = (tiny.target.clone(), IncidentId::fresh());
        let (keys, symptom) = (Keys::default(), None);
        Self { tiny, target, verifier, incident, authority, settings, keys, symptom, folder }
    }

    /// Starts a patcher on the usual folder; after a stop, it is a restart.
    pub fn start(&self) -> Running {
        self.start_with(self.settings.clone())
    }

    /// Starts another patcher, with a folder of its own.
    pub fn start_another(&self, name: &str) -> Running {
        self.start_with(Settings { work: self.path(name), ..self.settings.clone() })
    }

    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    pub fn start_with(&self, settings: Settings) -> Running {
        let credentials = testkit::credentials(Service::Patcher);
        let catalogue = [(self.target.name.clone(), self.target.clone())].into();
        let patcher =
            Patcher::new(&settings, &self.keys, catalogue, Arc::clone(&credentials), chassis::clock::system());
        let (listener, base) = testkit::listener();
        let stop = Stop::new();
        let serving = patcher::app::serve(listener, Arc::new(patcher.expect("a patcher")), credentials, stop.clone());
        let served = tokio::spawn(serving);
        let caller = |service| {
            Effects::new(Callee::new(Service::Patcher, &base, testkit::credentials(service)).expect("a client"))
        };
        let (healer, store) = (caller(Service::Healer), caller(Service::IncidentStore));
        Running { base, healer, store, stop, served }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn head(&self) -> CommitId {
        self.tiny.head()
    }

    /// The message of the newest commit.
    pub fn message(&self) -> String {
        let repository = Repository::open_bare(&self.tiny.remote).expect("the remote");
        let head = repository.head().and_then(|head| head.peel_to_commit()).expect("a head");
        head.message().expect("a text").to_owned()
    }

    pub fn log(&self) -> Vec<String> {
        repository::log(&self.tiny.remote)
    }

    pub fn file(&self, path: &str) -> String {
        repository::read(&self.tiny.remote, path)
    }

    /// Somebody pushes: files with their content and mode; no content removes.
    pub fn developer(&self, files: &[(&str, Option<&str>, i32)]) -> CommitId {
        let repository = Repository::open_bare(&self.tiny.remote).expect("the remote");
        commit(&repository, files, "Develop")
    }

    pub fn propose(&self, rule: Value) -> PatchTask {
        let digest = Digest::of_json(&rule);
        self.propose_remedy(Remedy::Codemod { document: "tiny-greeting".into(), rule, digest })
    }

    pub fn propose_remedy(&self, remedy: Remedy) -> PatchTask {
        let option = PlanOption {
            title: "Turn it into a text".into(),
            remedy,
            confidence: 0.9,
            verification: String::new(),
            estimate: None,
            track: None,
        };
        PatchTask::Propose(Propose {
            incident: self.incident,
            target: self.target.name.clone(),
            code: code(),
            option,
            authority: self.authority,
            symptom: self.symptom.clone().map(Box::new),
        })
    }

    pub fn push(&self, proposal: &Proposal) -> PatchTask {
        PatchTask::Push(Push {
            incident: self.incident,
            code: code(),
            proposal: proposal.clone(),
            authority: self.authority,
            trace_parent: Some(TRACE.into()),
        })
    }

    pub fn revert(&self, commit: &CommitId) -> PatchTask {
        PatchTask::Revert(Revert {
            incident: self.incident,
            target: self.target.name.clone(),
            code: code(),
            commit: commit.clone(),
            why: "the replay on live failed".into(),
            authority: self.authority,
        })
    }

    pub fn reset(&self, epoch: i64) -> PatchTask {
        PatchTask::Reset(Reset { target: self.target.name.clone(), epoch: Epoch(epoch) })
    }

    /// A proposal that the verifier admitted.
    pub async fn admitted(&self, patcher: &Running) -> Proposal {
        match patcher.ask(&self.propose(cure())).await.expect("an outcome") {
            ProposeOutcome::Admitted(proposal) => proposal,
            ProposeOutcome::Refused(refusal) => panic!("refused: {refusal:?}"),
        }
    }

    /// A proposal that was admitted and pushed.
    pub async fn pushed(&self, patcher: &Running) -> (Proposal, PushedCommit) {
        let proposal = self.admitted(patcher).await;
        let outcome = patcher.ask::<PushOutcome>(&self.push(&proposal)).await.expect("an outcome");
        (proposal, pushed(outcome))
    }
}

impl Running {
    /// Asks under a fresh key.
    pub async fn ask<T: DeserializeOwned>(&self, task: &PatchTask) -> Result<T, EffectError> {
        self.ask_under(&fresh_key(), task).await
    }

    pub async fn ask_under<T: DeserializeOwned>(&self, key: &OperationKey, task: &PatchTask) -> Result<T, EffectError> {
        let caller = if matches!(task, PatchTask::Reset(_)) { &self.store } else { &self.healer };
        caller.run(key, task, LIMIT, None).await
    }

    /// Asks and answers what was told on the way, too.
    pub async fn ask_all<T: DeserializeOwned>(&self, task: &PatchTask) -> (Result<T, EffectError>, Vec<Progress>) {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let outcome = self.healer.run(&fresh_key(), task, LIMIT, Some(&tell)).await;
        drop(tell);
        let mut all = Vec::new();
        while let Some(progress) = told.recv().await {
            all.push(progress);
        }
        (outcome, all)
    }

    pub async fn stop(self) {
        self.stop.now();
        self.served.await.expect("it ends").expect("it ends well");
    }
}

/// The rule that cures the tiny target.
pub fn cure() -> Value {
    json!({
        "language": "python",
        "rule": { "pattern": "$TEXT + $VALUE" },
        "constraints": { "TEXT": { "kind": "string" }, "VALUE": { "kind": "identifier" } },
        "fix": "$TEXT + str($VALUE)",
    })
}

pub fn fresh_key() -> OperationKey {
    OperationKey::new(IncidentId::fresh().to_string(), "propose-1").expect("a key")
}

#[track_caller]
pub fn pushed(outcome: PushOutcome) -> PushedCommit {
    match outcome {
        PushOutcome::Pushed(commit) => commit,
        other => panic!("not pushed: {other:?}"),
    }
}

/// The fault that every task here is about.
pub fn code() -> FaultCode {
    FAULT.parse().expect("a code")
}

#[track_caller]
pub fn refused(outcome: Result<PushOutcome, EffectError>, code: &str) -> Refusal {
    match outcome {
        Ok(PushOutcome::Refused(refusal)) if refusal.code == code => refusal,
        other => panic!("not refused as {code}: {other:?}"),
    }
}

#[track_caller]
pub fn refused_proposal(outcome: Result<ProposeOutcome, EffectError>, code: &str) -> Refusal {
    match outcome {
        Ok(ProposeOutcome::Refused(refusal)) if refusal.code == code => refusal,
        other => panic!("not refused as {code}: {other:?}"),
    }
}

/// The problem of a failed operation.
#[track_caller]
pub fn failed<T: std::fmt::Debug>(outcome: Result<T, EffectError>, code: &str, retry: bool) {
    match outcome {
        Err(EffectError::Failed { problem, retry: got, .. }) if problem.code == code && got == retry => {}
        other => panic!("not failed as {code} (retry {retry}): {other:?}"),
    }
}
