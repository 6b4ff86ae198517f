//! The whole product with the tiny target, whose fault file becomes one instance after the other.

use super::families::{Family, Instance, MOST, code};
use super::told::{notes, origin, times, why};
use anyhow::{Context, ensure};
use e2e::fleet::{Fleet, Setup};
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Repository, Signature};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::provider::{Provider, Turn};
use testkit::{repository, tiny};
use wire::incident::{Incident, Status};

const FILE: &str = "faults/greet.py";
const TEMPLATE: &str = "faults/fault_greet.txt";
const APP: &str = "app.py";
/// How long the model thinks.
const THINKS: Duration = Duration::from_secs(2);
/// The longest that a roll-out or a recovery may take, and the pause between two looks.
const LIMIT: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(100);

/// How one instance was healed, or not.
#[derive(Debug, Serialize)]
pub(super) struct Healed {
    pub(super) instance: usize,
    /// Resolved, with a replay on live as proof, and well for a plain request.
    pub(super) healed: bool,
    /// What the cure came from.
    origin: String,
    /// How often the provider was asked meanwhile.
    pub(super) calls: usize,
    /// From the detection to the end, and from the first proposal begun to the last one admitted.
    pub(super) seconds: f64,
    pub(super) propose_seconds: f64,
    /// Why not, where it was not.
    pub(super) why: String,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Stage {
    fleet: Fleet,
    provider: Provider,
    http: reqwest::Client,
}

impl Healed {
    pub(super) fn told(&self) -> String {
        let Self { healed, origin, calls, seconds, propose_seconds, why, .. } = self;
        let end = if *healed { "healed" } else { "NOT healed" };
        format!("{end} by {origin:?} in {seconds:.1} s (proposing {propose_seconds:.1} s), {calls} calls {why}")
    }
}

impl Stage {
    /// Starts it with models switched on; rules are tried on what is in the folder.
    ///
    /// # Errors
    /// When an HTTP client cannot be built.
    pub(super) async fn start(healthy: &Path) -> anyhow::Result<Self> {
        let provider = Provider::start();
        let env = [
            ("PATCHER__MODELS__ORDER", "anthropic".to_owned()),
            ("PATCHER__MODELS__ANTHROPIC__BASE_URL", provider.base.clone()),
            ("PATCHER__MODELS__ANTHROPIC__MODEL", "scripted".to_owned()),
            ("ANTHROPIC_API_KEY", substrate::secret()),
            ("PATCHER__HEALTHY", healthy.display().to_string()),
            // The instances come as pushes of a developer, which would be taken back first.
            ("HEALER__SUSPECT_WINDOW_S", "0".to_owned()),
        ];
        let env: BTreeMap<String, String> = env.map(|(name, value)| (name.to_owned(), value)).into();
        let fleet =
            Fleet::start(Setup { env, cures: Some(Vec::new()), edit: Some(with_faults), ..Setup::default() }).await;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        Ok(Self { fleet, provider, http })
    }

    /// The same with models switched off: every service ends and starts again.
    pub(super) async fn without_models(self) -> anyhow::Result<Self> {
        let off = BTreeMap::from([("OFFLINE_MODE".to_owned(), "1".to_owned())]);
        Ok(Self { fleet: self.fleet.again(&off).await, ..self })
    }

    /// How often the provider was asked so far.
    pub(super) fn calls(&self) -> usize {
        self.provider.asked().len()
    }

    /// Has an instance healed by the scripted model; answers the rule that was learned, too.
    ///
    /// # Errors
    /// When the instance cannot be brought up.
    pub(super) async fn teach(&self, family: &Family, one: &Instance) -> anyhow::Result<(Healed, Option<Value>)> {
        let said = json!({ "explanation": family.what, "files": [{ "path": FILE, "content": one.after }] });
        self.provider.script([Turn::says(&said).after(THINKS)]);
        let (mut healed, incident) = self.recover(family, one).await?;
        let rule = incident.proposal.as_ref().and_then(|proposal| Some(proposal.distilled.as_ref()?.rule.clone()));
        if healed.healed && rule.is_none() {
            healed.why = notes(&self.fleet.store().journal(incident.id).await?);
        }
        if rule.is_some() {
            let learned = async || self.fleet.store().incident(incident.id).await.ok()?.document;
            until("it is learned", learned).await?;
        }
        Ok((healed, rule))
    }

    /// Has an instance healed by whatever is known.
    ///
    /// # Errors
    /// When the instance cannot be brought up.
    pub(super) async fn heal(&self, family: &Family, one: &Instance) -> anyhow::Result<Healed> {
        Ok(self.recover(family, one).await?.0)
    }

    async fn recover(&self, family: &Family, one: &Instance) -> anyhow::Result<(Healed, Incident)> {
        self.bring(family, one).await?;
        let before = self.calls();
        until("the fault shows", async || (self.greet().await == 500).then_some(())).await?;
        let incident = until("the incident comes to its end", async || {
            let page = self.fleet.store().incidents(10, false).await.ok()?;
            let ended = |one: &Incident| one.status == Status::Escalated || !one.status.is_open();
            page.incidents.into_iter().find(|incident| incident.code == family.code && ended(incident))
        })
        .await?;
        let journal = self.fleet.store().journal(incident.id).await?;
        let is_resolved = incident.status == Status::Resolved && incident.proof.is_some();
        let healed =
            is_resolved && until("it is well", async || (self.greet().await == 200).then_some(())).await.is_ok();
        let (seconds, propose_seconds) = times(&journal);
        let origin = incident.proposal.as_ref().filter(|_| healed).map(|proposal| origin(&proposal.origin));
        let origin = origin.unwrap_or_default();
        let why = if healed { String::new() } else { why(&incident, &journal) };
        let calls = self.calls() - before;
        Ok((Healed { instance: one.number, healed, origin, calls, seconds, propose_seconds, why }, incident))
    }

    /// A developer's push makes the instance what a reset restores; the reset, and all is as on the first day.
    async fn bring(&self, family: &Family, one: &Instance) -> anyhow::Result<()> {
        let app = repository::read(&self.fleet.tiny.remote, APP);
        let marker = |line: &&str| line.trim_start().starts_with("\"marker\": ");
        let old = app.lines().find(marker).context("the target logs no marker")?;
        let app = app.replace(old.trim(), &format!("\"marker\": \"{}\",", family.code.as_str()));
        push(&self.fleet.tiny.remote, &[(APP, &app), (TEMPLATE, &one.before)])?;
        let report = self.fleet.store().reset().await?;
        ensure!(report.complete, "the reset is not complete: {report:?}");
        until("the head is what runs", async || {
            let head = self.fleet.tiny.head();
            self.fleet.live().await.filter(|live| live.commit == head)
        })
        .await?;
        self.fleet.store().resume().await?;
        Ok(())
    }

    async fn greet(&self) -> u16 {
        let answer = self.http.get(format!("{}/greet", self.fleet.stack.front())).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }
}

/// The tiny target's file with faults for the families, each with the contract of the greeting; a model may be asked.
fn with_faults(target: &str) -> String {
    let mut text = target.replace("[patch]\n", "[patch]\nmodels = true\n");
    let contract = target.split_once("[[contracts]]").map_or("", |(_, rest)| rest);
    let contract = contract.split_once("\n[healthy]").map_or(contract, |(own, _)| own);
    for code in (0..MOST).map(code) {
        let own = contract.replace(tiny::FAULT, &code);
        let fault = format!("\n[[faults]]\ncode = \"{code}\"\nmarker = \"{code}\"\nverdict = \"code_fault\"\n");
        text = format!("{text}{fault}\n[[contracts]]{own}\n");
    }
    text
}

/// A developer's commit on the branch.
fn push(bare: &Path, files: &[(&str, &str)]) -> anyhow::Result<()> {
    let repository = Repository::open_bare(bare)?;
    let head = repository.find_reference("refs/heads/main")?.peel_to_commit()?;
    let mut update = TreeUpdateBuilder::new();
    for (path, text) in files {
        update.upsert(path, repository.blob(text.as_bytes())?, FileMode::Blob);
    }
    let tree = repository.find_tree(update.create_updated(&repository, &head.tree()?)?)?;
    let who = Signature::now("A developer", "developer@kintsugi.invalid")?;
    repository.commit(Some("refs/heads/main"), &who, &who, "Write it otherwise", &tree, &[&head])?;
    Ok(())
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> anyhow::Result<T> {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        ensure!(Instant::now() < end, "not after {LIMIT:?}: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
