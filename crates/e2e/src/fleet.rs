//! A whole stack with the tiny target, and what a story asks of it.

mod again;
mod beside;
mod push;
mod setup;
mod until;

pub use beside::SYMPTOM;
pub use setup::Setup;

use crate::gate::Gate;
use crate::pipeline::Pipeline;
use client::IncidentStore;
use kintsugi::stack::{Options, Stack, ports::Ports, targets};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use testkit::ssh::Sshd;
use testkit::tiny::Tiny;
use testkit::{eventually, repository};
use wire::event::{Body, Event};
use wire::incident::Incident;
use wire::rollout::Live;
use wire::{CommitId, IncidentId, Service};

/// How long a recovery may take in a story, with crashes in between.
pub const RECOVERY: Duration = Duration::from_secs(60);

/// A running fleet.
#[derive(Debug)]
pub struct Fleet {
    /// The stack.
    pub stack: Stack,
    /// How it was made, for replicas.
    pub options: Options,
    /// The target.
    pub tiny: Tiny,
    /// Between the services and the store.
    pub gate: Gate,
    /// In front of the target's remote, if the story wants it there.
    pub sshd: Option<Sshd>,
    /// What deploys the target, if that is not the platform.
    pub pipeline: Option<Pipeline>,
    /// The folder of the target's resources.
    pub things: PathBuf,
    http: reqwest::Client,
    _folder: TempDir,
}

impl Fleet {
    /// Starts one and waits until the target is live.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start(setup: Setup) -> Self {
        let folder = tempfile::Builder::new().prefix("kintsugi-e2e-").tempdir_in("/var/tmp").expect("a folder");
        let tiny = Tiny::create(&folder.path().join("tiny"));
        if let Some(cures) = &setup.cures {
            std::fs::remove_file(tiny.knowledge.join("tiny-greeting.md")).expect("the right cure");
            for (name, text) in cures {
                std::fs::write(tiny.knowledge.join(name), text).expect("a cure");
            }
        }
        setup.edit.into_iter().for_each(|edit| rewrite(&tiny, edit));
        let things = folder.path().join("things");
        if let Some(resources) = setup.resources {
            std::fs::create_dir_all(&things).expect("a folder");
            rewrite(&tiny, |text| format!("{text}\n{}", resources(&things)));
        }
        let ports = Ports::free().expect("free ports");
        let front = ports.url(Service::Front);
        rewrite(&tiny, |text| text.replace("${FRONT}", &front));
        let (gate, gate_url) = Gate::start(ports.url(Service::IncidentStore));
        let mut overrides: BTreeMap<Service, BTreeMap<String, String>> =
            Ports::services().map(|service| (service, setup.env.clone())).collect();
        for (service, key) in
            [(Service::Healer, "HEALER"), (Service::FaultRouter, "FAULT_ROUTER"), (Service::Warden, "WARDEN")]
        {
            let env = overrides.entry(service).or_default();
            env.insert(format!("{key}__INCIDENT_STORE"), gate_url.clone());
        }
        if let Some(sshd) = &setup.sshd {
            move_behind(sshd, &tiny, &mut overrides);
        }
        beside::add(&setup.beside, &tiny, &folder.path().join("beside"), &mut overrides);
        let pipeline = setup.by_pipeline.then(|| Pipeline::start(folder.path(), &tiny, &front));
        let options = Options {
            home: folder.path().join("stack"),
            programs: programs(),
            settings: folder.path().join("no-settings"),
            targets: targets::Source::Ready(tiny.targets.clone()),
            knowledge: tiny.knowledge.clone(),
            ports,
            overrides,
            durable: setup.durable,
        };
        let stack = Stack::start(options.clone(), &mut |line| println!("{line}")).await.expect("the stack");
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
        let fleet = Self { stack, options, tiny, gate, sshd: setup.sshd, pipeline, things, http, _folder: folder };
        fleet.until_live_is_head().await;
        fleet
    }

    /// The store, past the gate.
    ///
    /// # Panics
    /// When the client cannot be built.
    pub fn store(&self) -> IncidentStore {
        self.stack.store().expect("a client")
    }

    /// Asks for the greeting as a user would; the status, or 0 when there was no answer.
    pub async fn greet(&self) -> u16 {
        let answer = self.http.get(format!("{}/greet", self.stack.front())).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// What runs.
    pub async fn live(&self) -> Option<Live> {
        self.stack.deployer().ok()?.live(&self.tiny.target.name).await.ok().flatten()
    }

    /// Waits until the head of the branch is what runs.
    pub async fn until_live_is_head(&self) -> Live {
        eventually("the head is what runs", RECOVERY, async || {
            let head = self.tiny.head();
            self.live().await.filter(|live| live.commit == head)
        })
        .await
    }

    /// Fires the fault until an incident of this epoch is there (the target may be between two lives).
    pub async fn fire(&self) {
        eventually("the fault fires", RECOVERY, async || (self.greet().await == 500).then_some(())).await;
    }

    /// An incident's journal.
    ///
    /// # Panics
    /// When the store has none.
    pub async fn journal(&self, incident: IncidentId) -> Vec<Event> {
        self.store().journal(incident).await.expect("a journal")
    }

    /// Resets, waits until the original runs again, and resumes.
    ///
    /// # Panics
    /// When the reset is not complete.
    pub async fn reset(&self) {
        let report = self.store().reset().await.expect("a reset");
        assert!(report.complete, "{report:?}");
        self.until_live_is_head().await;
        self.store().resume().await.expect("healing goes on");
    }

    /// The commits on the branch that cure an incident.
    pub fn cures_of(&self, incident: IncidentId) -> usize {
        let (ours, revert) = (format!("{}: {incident}", wire::paths::trailer::INCIDENT), wire::paths::trailer::REVERT);
        let log = repository::log(&self.tiny.remote);
        log.iter().filter(|message| message.contains(&ours) && !message.contains(revert)).count()
    }

    /// Everything that must hold after a recovery: healed, proven, one commit, one roll-out, and the head is what runs.
    ///
    /// # Panics
    /// When something does not.
    pub async fn assert_healed(&self, incident: &Incident, before: &Live) {
        let live = self.until_live_is_head().await;
        let journal = self.journal(incident.id).await;
        assert_eq!(self.cures_of(incident.id), 1, "one commit");
        assert_eq!(incident.commit.as_ref(), Some(&live.commit), "the pushed commit is what runs");
        assert_eq!(live.rollouts, before.rollouts + 1, "one roll-out");
        assert!(incident.proof.is_some(), "a verified action stands behind it");
        println!("{}", kintsugi::incidents::check(&journal).expect("the journal holds"));
        // The front may be between two lives.
        let answer = eventually("an answer", RECOVERY, async || Some(self.greet().await).filter(|status| *status != 0));
        assert_eq!(answer.await, 200, "the fault is gone");
    }

    /// Everything that must hold when nothing was to be changed.
    ///
    /// # Panics
    /// When something was.
    pub async fn assert_untouched(&self, head: &CommitId, before: &Live) {
        assert_eq!(self.tiny.head(), *head, "nothing was pushed");
        let live = self.live().await.expect("something runs");
        assert_eq!((live.commit, live.rollouts), (before.commit.clone(), before.rollouts), "nothing was rolled out");
    }
}

fn rewrite(tiny: &Tiny, edit: impl FnOnce(&str) -> String) {
    let file = tiny.targets.join("tiny.toml");
    let text = std::fs::read_to_string(&file).expect("the target file");
    std::fs::write(&file, edit(&text)).expect("the edited target file");
}

/// The target file names the host, and each service that touches git has a key of its own: one may write, two may read.
fn move_behind(sshd: &Sshd, tiny: &Tiny, overrides: &mut BTreeMap<Service, BTreeMap<String, String>>) {
    let folder = format!("url = \"{}\"", tiny.remote.display());
    rewrite(tiny, |text| {
        assert!(text.contains(&folder), "{text}");
        text.replace(&folder, &format!("url = \"{}\"", sshd.url(&tiny.remote)))
    });
    let keys = [
        (Service::Patcher, "PATCHER", &sshd.writer),
        (Service::Deployer, "DEPLOYER", &sshd.reader),
        (Service::Verifier, "VERIFIER", &sshd.reader),
    ];
    for (service, prefix, key) in keys {
        let env = overrides.entry(service).or_default();
        env.insert(format!("{prefix}__SSH_KEY"), key.display().to_string());
        env.insert(format!("{prefix}__SSH_KNOWN_HOSTS"), sshd.known_hosts.display().to_string());
    }
}

/// What an escalated incident's journal tells the person.
pub fn diagnosis(journal: &[Event]) -> String {
    let told = journal.iter().rev().find_map(|event| match &event.body {
        Body::Escalated { reason, diagnosis } => Some(format!("{reason:?}: {diagnosis}")),
        _ => None,
    });
    told.unwrap_or_else(|| "no diagnosis".to_owned())
}

/// The folder of the services' programs: beside this test's own.
///
/// # Panics
/// When they are not built.
pub fn programs() -> PathBuf {
    let own = std::env::current_exe().expect("this program");
    // A test lies one folder deeper than a program.
    let folder = own.ancestors().skip(1).take(2).find(|folder| folder.join("healer").exists()).map(Path::to_owned);
    folder.expect("the services are not built: run `cargo build --workspace --bins` first")
}
