//! A running verifier beside the tiny target.

use chassis::Stop;
use client::{Callee, EffectError};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use testkit::tiny::{FAULT, Tiny};
use tokio::task::JoinHandle;
use verifier::Settings;
use verifier::gates::Checks;
use wire::proposal::Proposal;
use wire::rollout::Answerer;
use wire::verification::{Admit, Build, Built, Replay, ReplayReport, Verdict, VerifyTask};
use wire::{CommitId, Digest, OperationKey, Service, TargetName};

pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) tiny: Tiny,
    pub(crate) base: String,
    pub(crate) settings: Settings,
    stop: Stop,
    served: Option<JoinHandle<anyhow::Result<()>>>,
    // Last: what the others use lies in it.
    pub(crate) folder: TempDir,
}

/// The program that knows the hidden subcommands; a test is not it.
pub(crate) fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_verifier").into()
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::of(|target| target, |_| {}).await
    }

    /// With some checks only.
    pub(crate) async fn with(checks: Checks) -> Self {
        let mut world = Self::start().await;
        world.end().await;
        let (base, stop, served) = serve(checks, &world.settings);
        (world.base, world.stop, world.served) = (base, stop, Some(served));
        world
    }

    /// With another target file or other settings.
    pub(crate) async fn of(target: impl Fn(String) -> String, settings: impl Fn(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tiny = Tiny::create(folder.path());
        let file = tiny.targets.join("tiny.toml");
        let text = target(std::fs::read_to_string(&file).expect("the target file"));
        std::fs::write(&file, text).expect("the target file");
        let mut own = Settings {
            targets: tiny.targets.clone(),
            work: folder.path().join("work"),
            artefacts: folder.path().join("artefacts"),
            warm_at_start: false,
            sandbox_program: program(),
            ..Settings::default()
        };
        settings(&mut own);
        let (base, stop, served) = serve(Checks::all(), &own);
        Self { tiny, base, settings: own, stop, served: Some(served), folder }
    }

    /// Ends it, and starts another on the same folders.
    pub(crate) async fn restart(&mut self) {
        self.end().await;
        (self.base, self.stop, self.served) = {
            let (base, stop, served) = serve(Checks::all(), &self.settings);
            (base, stop, Some(served))
        };
    }

    pub(crate) async fn end(&mut self) {
        self.stop.now();
        if let Some(served) = self.served.take() {
            let ended = tokio::time::timeout(LIMIT, served).await.expect("it ends within the grace");
            ended.expect("no panic").expect("an orderly end");
        }
    }

    pub(crate) fn client(&self, caller: Service) -> client::Verifier {
        let callee = Callee::new(Service::Verifier, &self.base, testkit::credentials(caller)).expect("a client");
        client::Verifier::new(callee)
    }

    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        caller: Service,
        key: &str,
        task: &VerifyTask,
    ) -> Result<T, EffectError> {
        let key = OperationKey::new("test", key).expect("a key");
        self.client(caller).effects.run(&key, task, LIMIT, None).await
    }

    pub(crate) fn admission(&self, diff: &str) -> (VerifyTask, Digest) {
        let (target, base) = (name(), self.tiny.head());
        let code = FAULT.parse().expect("a code");
        let proposal = Proposal::digest_of(&target, &code, &base, diff);
        (VerifyTask::Admit(Admit { target, code, base, diff: diff.to_owned(), minimise: false }), proposal)
    }

    pub(crate) async fn admit(&self, key: &str, diff: &str) -> Verdict {
        let (task, _) = self.admission(diff);
        self.ask(Service::Patcher, key, &task).await.expect("a verdict")
    }

    pub(crate) async fn build(&self, key: &str, commit: CommitId) -> Result<Built, EffectError> {
        self.ask(Service::Deployer, key, &VerifyTask::Build(Build { target: name(), commit })).await
    }

    pub(crate) async fn replay(&self, key: &str, code: &str, base_url: &str) -> ReplayReport {
        self.replay_on(key, code, base_url, None).await
    }

    /// Of the instance that is live.
    pub(crate) async fn replay_on(
        &self,
        key: &str,
        code: &str,
        base_url: &str,
        live: Option<Answerer>,
    ) -> ReplayReport {
        let code = code.parse().expect("a code");
        let task = VerifyTask::Replay(Replay { target: name(), code, base_url: base_url.to_owned(), live });
        self.ask(Service::Healer, key, &task).await.expect("a report")
    }

    pub(crate) fn artefact(&self, digest: &Digest) -> PathBuf {
        self.settings.artefacts.join(digest.as_str())
    }

    /// A commit on the branch with a diff applied.
    pub(crate) fn push(&self, diff: &str) -> CommitId {
        commit(&self.tiny.remote, diff)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.now();
    }
}

fn serve(checks: Checks, settings: &Settings) -> (String, Stop, JoinHandle<anyhow::Result<()>>) {
    let (listener, base) = testkit::listener();
    let stop = Stop::new();
    let credentials = testkit::credentials(Service::Verifier);
    let (settings, clock) = (settings.clone(), chassis::clock::system());
    let served = verifier::app::serve_with(checks, listener, settings, credentials, clock, stop.clone());
    #[expect(clippy::disallowed_methods, reason = "the service is ended and waited for by the test")]
    let served = tokio::spawn(served);
    (base, stop, served)
}

pub(crate) fn name() -> TargetName {
    "tiny".parse().expect("a name")
}

pub(crate) fn commit(remote: &Path, diff: &str) -> CommitId {
    let repository = git2::Repository::open_bare(remote).expect("the remote");
    let head = repository.find_reference("refs/heads/main").expect("main").peel_to_commit().expect("a commit");
    let diff = git2::Diff::from_buffer(diff.as_bytes()).expect("a diff");
    let mut index = repository.apply_to_tree(&head.tree().expect("a tree"), &diff, None).expect("it applies");
    let tree = index.write_tree_to(&repository).expect("a tree");
    let tree = repository.find_tree(tree).expect("a tree");
    let who = git2::Signature::now("A developer", "developer@kintsugi.invalid").expect("a signature");
    let id = repository.commit(Some("refs/heads/main"), &who, &who, "Change", &tree, &[&head]).expect("a commit");
    id.to_string().parse().expect("a commit id")
}

/// What the gates said: their codes in order.
#[track_caller]
pub(crate) fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.gates.iter().map(|gate| gate.code.as_str()).collect()
}

#[track_caller]
pub(crate) fn assert_refused(verdict: &Verdict, wanted: &[&str]) {
    assert_eq!(codes(verdict), wanted, "{:#?}", verdict.gates);
    assert!(!verdict.admitted);
    let built = verdict.gates.get(1).is_some_and(|gate| gate.passed);
    assert_eq!(verdict.artefact.is_some(), built, "there is an artefact just when the build gate passed");
}

#[track_caller]
pub(crate) fn assert_admitted(verdict: &Verdict) {
    assert!(verdict.admitted, "{:#?}", verdict.gates);
    assert_eq!(codes(verdict), ["ok"; 5]);
    assert!(verdict.artefact.is_some() && verdict.tree.is_some());
}
