//! A stack with the real patient, and what a story asks of it.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use client::Verifier;
use e2e::callers;
use e2e::fleet::programs;
use git2::{Repository, Signature};
use kintsugi::stack::{Options, Stack, ports::Ports, targets};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use testkit::{eventually, repository};
use variants::Fault;
use wire::rollout::Live;
use wire::verification::{Admit, Verdict, VerifyTask};
use wire::{CommitId, OperationKey, Service, TargetName};

/// The first version's build is part of it.
const FIRST_BUILD: Duration = Duration::from_secs(900);
/// A recovery, a roll-out, an admission; replays of a slow upstream take a while.
pub(crate) const RECOVERY: Duration = Duration::from_secs(240);

/// The stack.
pub(crate) struct Patient {
    pub(crate) stack: Stack,
    pub(crate) knowledge: PathBuf,
    pub(crate) remote: PathBuf,
    name: TargetName,
    http: reqwest::Client,
    verifier: Verifier,
    _folder: tempfile::TempDir,
}

impl Patient {
    /// Starts one whose knowledge base holds what `known` does, and waits until the patient is live.
    pub(crate) async fn start(known: Option<&Path>) -> Self {
        let folder = tempfile::Builder::new().prefix("kintsugi-e2e-").tempdir_in("/var/tmp").unwrap();
        let knowledge = folder.path().join("knowledge");
        std::fs::create_dir(&knowledge).unwrap();
        for entry in known.into_iter().flat_map(|known| known.read_dir().unwrap()) {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), knowledge.join(entry.file_name())).unwrap();
        }
        let options = Options {
            home: folder.path().join("stack"),
            programs: programs(),
            settings: root().join("deploy"),
            targets: targets::Source::Checkout(root()),
            knowledge: knowledge.clone(),
            ports: Ports::free().unwrap(),
            overrides: Default::default(),
            durable: false,
        };
        let stack = Stack::start(options, &mut |line| println!("{line}")).await.unwrap();
        let name: TargetName = "fault-app".parse().unwrap();
        let remote = stack.layout.remote(&name);
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let verifier = callers::verifier(&stack, Service::Patcher).unwrap();
        let patient = Self { stack, knowledge, remote, name, http, verifier, _folder: folder };
        patient.live(FIRST_BUILD).await;
        patient
    }

    /// Waits until the head of the branch is what runs.
    pub(crate) async fn live(&self, limit: Duration) -> Live {
        eventually("the head is what runs", limit, async || {
            let live = self.stack.deployer().ok()?.live(&self.name).await.ok().flatten()?;
            (live.commit == repository::head(&self.remote)).then_some(live)
        })
        .await
    }

    /// Asks a fault's route as a user would; the status, or 0 when there was no answer.
    pub(crate) async fn ask(&self, fault: Fault) -> u16 {
        let answer = self.http.post(format!("{}{}", self.stack.front(), route(fault))).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// Asks until the fault shows.
    pub(crate) async fn fire(&self, fault: Fault) {
        let wanted = if fault == Fault::Api { 504 } else { 500 };
        eventually("the fault fires", RECOVERY, async || (self.ask(fault).await == wanted).then_some(())).await;
    }

    /// Sets how the patient's upstream behaves from now on.
    pub(crate) async fn upstream(&self, modes: &[&str], rate: f64) {
        let rates = json!({ "latency": rate, "error": rate, "wrong_data": rate });
        let upstream = self.stack.companions.iter().find(|one| one.name == "mock-upstream").unwrap();
        let url = format!("{}/mode", upstream.url());
        let answer =
            self.http.put(url).json(&json!({ "modes": modes, "rates": rates, "seed": 1 })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// A developer's commit with these texts as fault files, on a branch beside `main` or on `main` itself.
    pub(crate) fn push(&self, branch: &str, files: &[(Fault, &str)]) -> CommitId {
        let repository = Repository::open_bare(&self.remote).unwrap();
        let head = repository.find_reference("refs/heads/main").unwrap().peel_to_commit().unwrap();
        let mut update = git2::build::TreeUpdateBuilder::new();
        for (fault, text) in files {
            let blob = repository.blob(text.as_bytes()).unwrap();
            update.upsert(fault.file(), blob, git2::FileMode::Blob);
        }
        let tree = update.create_updated(&repository, &head.tree().unwrap()).unwrap();
        let tree = repository.find_tree(tree).unwrap();
        let who = Signature::now("A developer", "developer@kintsugi.invalid").unwrap();
        let name = format!("refs/heads/{branch}");
        let id = repository.commit(None, &who, &who, "Write it otherwise", &tree, &[&head]).unwrap();
        repository.reference(&name, id, true, "written otherwise").unwrap();
        id.to_string().parse().unwrap()
    }

    /// The verifier's own judgement of a text in place of a fault file of a commit.
    pub(crate) async fn admit(&self, base: &CommitId, fault: Fault, to: &str, key: &str) -> Verdict {
        let diff = diff(&self.remote, base, &fault.file(), to);
        let admit =
            Admit { target: self.name.clone(), code: fault.code().unwrap(), base: base.clone(), diff, minimise: false };
        let key = OperationKey::new("variants", key).unwrap();
        let task = VerifyTask::Admit(admit);
        self.verifier.effects.run(&key, &task, RECOVERY, None).await.unwrap()
    }
}

/// The codes of a verdict's gates, of which only the last can be a refusal.
pub(crate) fn told(verdict: &Verdict) -> String {
    let gates: Vec<String> =
        verdict.gates.iter().map(|gate| format!("{:?} {}: {}", gate.gate, gate.code, gate.why)).collect();
    gates.join("\n")
}

/// The repository of this test.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A fault's original.
pub(crate) fn original(fault: Fault) -> String {
    std::fs::read_to_string(root().join(format!("crates/fault-app/src/faults/fault_{}.txt", fault.name()))).unwrap()
}

fn route(fault: Fault) -> &'static str {
    match fault {
        Fault::Sql => "/test-fault/run",
        Fault::Api => "/test-fault/external-api",
        Fault::Db => "/test-fault/db-timeout",
    }
}

/// The git-style diff that turns a file of a commit into another text.
fn diff(bare: &Path, base: &CommitId, file: &str, to: &str) -> String {
    let git = Repository::open_bare(bare).unwrap();
    let old = git.find_commit(git2::Oid::from_str(base.as_str()).unwrap()).unwrap().tree().unwrap();
    let blob = git.blob(to.as_bytes()).unwrap();
    let mut update = git2::build::TreeUpdateBuilder::new();
    update.upsert(file, blob, git2::FileMode::Blob);
    let new = git.find_tree(update.create_updated(&git, &old).unwrap()).unwrap();
    let mut diff = git.diff_tree_to_tree(Some(&old), Some(&new), None).unwrap();
    diff.find_similar(None).unwrap();
    repository::text_of(&diff)
}
