//! What the scenes share: a workload with its playbook, and the way from the first sign to the report.

use crate::api::Api;
use crate::scene;
use anyhow::{Context as _, ensure};
use kubernetes::Cluster;
use playbooks::{Diary, Playbook, Site, Watcher, WorkloadPlaybook};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use wire::runtime::{ActOutcome, ActReport, Action, Level};
use wire::target::Workload;

/// How long anything may take to show.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long what was taken back may take to be as bad as before.
const AGAIN: Duration = Duration::from_secs(20);
/// Between two looks.
pub(crate) const EVERY: Duration = Duration::from_millis(500);
/// How long healing may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);
pub(crate) const DEPLOYMENTS: &str = "apps/v1/deployments";

pub(crate) struct Stage {
    pub(crate) api: Api,
    warden: Cluster,
    nobody: Cluster,
    folder: PathBuf,
    /// When the last change was made that a scene is about.
    changed: Mutex<Instant>,
}

/// What came of taking everything back that stood.
#[derive(Debug, Default)]
pub(crate) struct Back {
    /// Whether that went well; none where nothing can be taken back.
    pub(crate) undone: Option<bool>,
    /// Whether it was ill again then.
    pub(crate) ill_again: bool,
}

/// What came of a scene.
pub(crate) struct Told {
    pub(crate) report: ActReport,
    /// From the change that made the condition; none where nobody watched.
    pub(crate) detected: Option<Duration>,
    pub(crate) healed: Duration,
    incident: String,
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tried: Vec<&str> = self.report.tried.iter().map(|tried| tried.remedy.title.as_str()).collect();
        let (detected, healed) = (self.detected.unwrap_or_default().as_millis(), self.healed.as_millis());
        write!(
            f,
            "{:?}; detected after {detected} ms, ended {healed} ms later; tried: [{}]",
            self.report.outcome,
            tried.join(", ")
        )
    }
}

impl Told {
    /// It ended so, and this was done that stands.
    pub(crate) fn check(self, outcome: ActOutcome, kept: &[Action]) -> anyhow::Result<Self> {
        let stands: Vec<&Action> =
            self.report.tried.iter().filter(|tried| tried.kept).map(|tried| &tried.remedy.action).collect();
        ensure!(self.report.outcome == outcome, "expected {outcome:?}: {:#?}", self.report);
        ensure!(stands == kept.iter().collect::<Vec<_>>(), "expected {kept:?}: {:#?}", self.report);
        Ok(self)
    }

    /// A person is told this.
    pub(crate) fn advises(self, words: &[&str]) -> anyhow::Result<Self> {
        let advice = self.report.advice.join("\n");
        for word in words {
            ensure!(advice.contains(word), "nobody is told {word:?}: {advice}");
        }
        Ok(self)
    }
}

/// Waits until it is so.
pub(crate) async fn patiently<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> anyhow::Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(got) = ask().await {
            return Ok(got);
        }
        ensure!(Instant::now() < until, "not within {} s: {what}", PATIENCE.as_secs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A workload of the target file.
pub(crate) fn workload(space: &str, name: &str) -> Workload {
    Workload {
        namespace: space.into(),
        deployment: name.into(),
        service: None,
        probe: None,
        probe_ms: 500,
        container: Some("app".into()),
        memory_max_bytes: 256 << 20,
        raises_per_day: 2,
        replicas_max: 5,
        rollout_s: 30,
    }
}

impl Stage {
    pub(crate) fn new(api: Api, warden: Cluster, nobody: Cluster, folder: PathBuf) -> Self {
        Self { api, warden, nobody, folder, changed: Mutex::new(Instant::now()) }
    }

    /// What the scene is about was made just now.
    pub(crate) fn note(&self) {
        *self.changed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(crate) fn playbook(&self, of: Workload) -> WorkloadPlaybook {
        WorkloadPlaybook::new(of, self.warden.clone(), chassis::clock::system())
    }

    /// Of an account that may do nothing.
    pub(crate) fn barred(&self, of: Workload) -> WorkloadPlaybook {
        WorkloadPlaybook::new(of, self.nobody.clone(), chassis::clock::system())
    }

    /// Makes a deployment.
    pub(crate) async fn make(&self, name: &str, replicas: u32, play: &str) -> anyhow::Result<()> {
        self.api.create(DEPLOYMENTS, &scene::deployment(name, replicas, play)).await?;
        self.note();
        Ok(())
    }

    pub(crate) async fn patch(&self, name: &str, body: Value) -> anyhow::Result<()> {
        self.api.patch(DEPLOYMENTS, name, &body).await?;
        self.note();
        Ok(())
    }

    /// Another template, as a developer rolls it out.
    pub(crate) async fn revise(&self, name: &str, play: &str) -> anyhow::Result<()> {
        self.patch(name, json!({ "spec": { "template": scene::template(name, play) } })).await
    }

    pub(crate) async fn deployment(&self, name: &str) -> anyhow::Result<Value> {
        self.api.get(DEPLOYMENTS, name).await
    }

    /// Waits until it is well.
    pub(crate) async fn well(&self, playbook: &WorkloadPlaybook) -> anyhow::Result<()> {
        let last = std::sync::Mutex::new(String::new());
        let is_well = async || {
            let invariants = playbook.invariants(&playbook.look().await);
            let lost: Vec<_> = invariants.iter().filter(|it| it.holds != Some(true)).collect();
            let well = lost.is_empty();
            *last.lock().ok()? = format!("{lost:?}");
            well.then_some(())
        };
        let done = patiently("it is well at first", is_well).await;
        done.with_context(|| last.lock().map(|last| last.clone()).unwrap_or_default())
    }

    /// From the first sign to the report.
    pub(crate) async fn heal(&self, playbook: &WorkloadPlaybook, incident: &str) -> anyhow::Result<Told> {
        let changed = *self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut watcher = Watcher::new(EVERY, chassis::clock::system());
        tokio::time::timeout(PATIENCE, watcher.until_ill(playbook)).await.context("no sign")?;
        let detected = Some(changed.elapsed());
        Ok(Told { detected, ..self.act(playbook, incident).await? })
    }

    /// What comes of being asked to heal it.
    pub(crate) async fn act(&self, playbook: &WorkloadPlaybook, incident: &str) -> anyhow::Result<Told> {
        let site = Site {
            resource: "workload".to_owned().try_into().map_err(anyhow::Error::msg)?,
            limit: LIMIT,
            settle: Duration::from_secs(5),
            clock: chassis::clock::system(),
        };
        let begun = Instant::now();
        playbook.is_for(incident);
        let mut diary = Diary::open(self.folder.join(format!("{incident}.json")))?;
        let report = playbooks::heal(playbook, &site, &mut diary, incident).await?;
        Ok(Told { report, detected: None, healed: begun.elapsed(), incident: incident.to_owned() })
    }

    /// Takes back what stands, the newest first, and looks whether it is ill again then.
    pub(crate) async fn take_back(&self, told: &Told) -> anyhow::Result<Back> {
        let kept = told.report.tried.iter().rev().filter(|tried| tried.kept);
        let undos: Vec<(&Action, &Action)> =
            kept.filter_map(|tried| Some((&tried.remedy.action, tried.remedy.undo.action()?))).collect();
        if undos.is_empty() {
            return Ok(Back::default());
        }
        let name = told.incident.strip_prefix("inc-").context("an incident is named for its workload")?;
        let playbook = self.playbook(workload(&self.api.space, name));
        playbook.is_for(&told.incident);
        for (done, undo) in undos {
            if playbook.take_back(done, undo).await.is_err() {
                return Ok(Back { undone: Some(false), ill_again: false });
            }
        }
        let until = Instant::now() + AGAIN;
        let mut ill_again = false;
        while !ill_again && Instant::now() < until {
            ill_again = Level::of(&playbook.invariants(&playbook.look().await)) > Level(0);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(Back { undone: Some(true), ill_again })
    }
}
