//! A stack with `fault-app`, and what a story asks of it.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use crate::callers;
use crate::fleet::programs;
use client::Verifier;
use git2::{Repository, Signature};
use kintsugi::stack::{Options, Stack, ports::Ports, targets};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use testkit::{eventually, repository};
use variants::Fault;
use wire::rollout::Live;
use wire::verification::{Admit, Verdict, VerifyTask};
use wire::{CommitId, FaultCode, OperationKey, Service, TargetName};

/// The first version's build is part of it.
const FIRST_BUILD: Duration = Duration::from_secs(900);
/// A recovery, a roll-out, an admission; replays of a slow upstream take a while.
pub const RECOVERY: Duration = Duration::from_secs(240);

/// The stack.
#[derive(Debug)]
pub struct Patient {
    /// The services.
    pub stack: Stack,
    /// The folder of what is known.
    pub knowledge: PathBuf,
    /// The folder of the stack.
    pub home: PathBuf,
    /// The patient's remote.
    pub remote: PathBuf,
    name: TargetName,
    http: reqwest::Client,
    verifier: Verifier,
    _folder: tempfile::TempDir,
}

/// What a story changes before the stack starts.
#[derive(Debug, Default)]
pub struct Setup<'a> {
    /// What the knowledge base holds; nothing, if none is named.
    pub known: Option<&'a Path>,
    /// More environment for every service.
    pub env: BTreeMap<String, String>,
    /// What becomes of the target file's text.
    pub edit: Option<fn(&str) -> String>,
}

impl Patient {
    /// Starts one and waits until the patient is live.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start(setup: Setup<'_>) -> Self {
        let folder = tempfile::Builder::new().prefix("kintsugi-e2e-").tempdir_in("/var/tmp").unwrap();
        let knowledge = folder.path().join("knowledge");
        std::fs::create_dir(&knowledge).unwrap();
        for entry in setup.known.into_iter().flat_map(|known| known.read_dir().unwrap()) {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), knowledge.join(entry.file_name())).unwrap();
        }
        let (home, checkout) = (folder.path().join("stack"), checkout(folder.path(), setup.edit));
        let options = Options {
            home: home.clone(),
            programs: programs(),
            settings: root().join("deploy"),
            targets: targets::Source::Checkout(checkout),
            knowledge: knowledge.clone(),
            ports: Ports::free().expect("free ports"),
            overrides: Ports::services().map(|service| (service, setup.env.clone())).collect(),
            durable: false,
        };
        let stack = Stack::start(options, &mut |line| println!("{line}")).await.unwrap();
        let name: TargetName = "fault-app".parse().unwrap();
        let remote = stack.layout.remote(&name);
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let verifier = callers::verifier(&stack, Service::Patcher).unwrap();
        let patient = Self { stack, knowledge, home, remote, name, http, verifier, _folder: folder };
        patient.live(FIRST_BUILD).await;
        patient
    }

    /// Waits until the head of the branch is what runs.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn live(&self, limit: Duration) -> Live {
        eventually("the head is what runs", limit, async || {
            let live = self.stack.deployer().ok()?.live(&self.name).await.ok().flatten()?;
            (live.commit == repository::head(&self.remote)).then_some(live)
        })
        .await
    }

    /// Begins a new epoch in which all that `knowledge` holds by then is known.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn learn_anew(&self) {
        let store = self.stack.store().unwrap();
        assert!(store.reset().await.unwrap().complete);
        let starts = || self.stack.supervisor.running().get(&Service::RagGateway).map_or(0, |running| running.starts);
        let before = starts();
        self.stack.supervisor.kill(Service::RagGateway, false);
        eventually("the knowledge base runs again", RECOVERY, async || (starts() > before).then_some(())).await;
        self.live(RECOVERY).await;
        store.resume().await.unwrap();
    }

    /// Asks a fault's route as a user would; the status, or 0 when there was no answer.
    pub async fn ask(&self, fault: Fault) -> u16 {
        self.post(route(fault)).await
    }

    /// Sends a `POST` as a user would; the status, or 0 when there was no answer.
    pub async fn post(&self, path: &str) -> u16 {
        let answer = self.http.post(format!("{}{path}", self.stack.front())).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// Asks until the fault shows.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn fire(&self, fault: Fault) {
        let wanted = if fault == Fault::Api { 504 } else { 500 };
        eventually("the fault fires", RECOVERY, async || (self.ask(fault).await == wanted).then_some(())).await;
    }

    /// Sets how the patient's upstream behaves from now on.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn upstream(&self, modes: &[&str], rate: f64) {
        let rates = json!({ "latency": rate, "error": rate, "wrong_data": rate });
        let upstream = self.stack.companions.iter().find(|one| one.name == "mock-upstream").unwrap();
        let url = format!("{}/mode", upstream.url());
        let answer =
            self.http.put(url).json(&json!({ "modes": modes, "rates": rates, "seed": 1 })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// A developer's commit with these texts as fault files, on a branch beside `main` or on `main` itself.
    ///
    /// # Panics
    /// When it does not come to that.
    pub fn push(&self, branch: &str, files: &[(Fault, &str)]) -> CommitId {
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
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn admit(&self, base: &CommitId, fault: Fault, to: &str, key: &str) -> Verdict {
        self.admit_file(base, fault.code().unwrap(), &fault.file(), to, key).await
    }

    /// The same of a fault that is known by its code and its file.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn admit_file(&self, base: &CommitId, code: FaultCode, file: &str, to: &str, key: &str) -> Verdict {
        let diff = diff(&self.remote, base, file, to);
        let admit = Admit { target: self.name.clone(), code, base: base.clone(), diff, minimise: false };
        let key = OperationKey::new("variants", key).unwrap();
        let task = VerifyTask::Admit(admit);
        self.verifier.effects.run(&key, &task, RECOVERY, None).await.unwrap()
    }
}

/// The target file without what eases its faults: what nothing known heals is handed over at once then.
pub fn without_reliefs(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("relief = ")).map(|line| format!("{line}\n")).collect()
}

/// The codes of a verdict's gates, of which only the last can be a refusal.
pub fn told(verdict: &Verdict) -> String {
    let gates: Vec<String> =
        verdict.gates.iter().map(|gate| format!("{:?} {}: {}", gate.gate, gate.code, gate.why)).collect();
    gates.join("\n")
}

/// A checkout whose target file is edited; this one, when nothing is.
fn checkout(folder: &Path, edit: Option<fn(&str) -> String>) -> PathBuf {
    let Some(edit) = edit else { return root() };
    let (checkout, file) = (folder.join("checkout"), "deploy/targets/fault-app.toml");
    std::fs::create_dir_all(checkout.join("deploy/targets")).expect("a folder");
    std::os::unix::fs::symlink(root().join("crates"), checkout.join("crates")).expect("a link to the sources");
    let stack = "deploy/local-stack.toml";
    std::fs::copy(root().join(stack), checkout.join(stack)).expect("what the local stack consists of");
    let text = std::fs::read_to_string(root().join(file)).expect("the target file");
    std::fs::write(checkout.join(file), edit(&text)).expect("the edited target file");
    checkout
}

/// The repository of this test.
///
/// # Panics
/// When it is not there.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A fault's original.
///
/// # Panics
/// When there is none.
pub fn original(fault: Fault) -> String {
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
