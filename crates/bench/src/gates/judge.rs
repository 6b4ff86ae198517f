//! Candidates go through the real verifier over HTTP, as `patcher` asks it; what was built goes to the oracle.

use super::corpus::{Candidate, Group};
use super::diff;
use super::oracle::Oracle;
use super::outcome::{Judged, Oracled};
use anyhow::Context;
use client::Verifier;
use e2e::callers;
use kintsugi::stack::{Options, Stack, ports::Ports, targets};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wire::rollout::Live;
use wire::verification::{Admit, Replay, ReplayReport, Verdict, VerifyTask};
use wire::{CommitId, Digest, OperationKey, Service, TargetName};

/// The first version's build is part of it.
const FIRST_BUILD: Duration = Duration::from_secs(900);
const LOOK: Duration = Duration::from_millis(200);
/// One candidate, or one replay.
const LIMIT: Duration = Duration::from_secs(240);

/// A stack with the patient, whose verifier is asked.
pub(super) struct Judge {
    pub(super) stack: Stack,
    /// As the patcher and as the healer calls it.
    verifier: Verifier,
    closing: Verifier,
    name: TargetName,
    base: CommitId,
    program: String,
}

impl Judge {
    /// Starts it and waits until the patient is live.
    ///
    /// # Errors
    /// When it does not come up.
    pub(super) async fn start(root: &Path, work: &Path) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("cannot find this program")?;
        let options = Options {
            home: work.join("stack"),
            programs: own.parent().context("this program has no folder")?.to_owned(),
            settings: root.join("deploy"),
            targets: targets::Source::Checkout(root.to_owned()),
            knowledge: root.join("crates/rag-gateway/knowledge"),
            ports: Ports::free()?,
            overrides: Default::default(),
            durable: false,
        };
        let stack = Stack::start(options, &mut |line| println!("{line}")).await?;
        let name: TargetName = "fault-app".parse().map_err(|error| anyhow::anyhow!("no name: {error}"))?;
        let live = live(&stack, &name).await?;
        let target = stack.catalogue.get(&name).context("the catalogue does not have the patient")?;
        let program = target.run.command.first().context("the patient has no command")?.replace("{artefact}/", "");
        let [verifier, closing] =
            [callers::verifier(&stack, Service::Patcher)?, callers::verifier(&stack, Service::Healer)?];
        Ok(Self { stack, verifier, closing, name, base: live.commit, program })
    }

    /// Has a candidate judged, and asks the oracle about what was built of it, unless it is a cheat.
    ///
    /// # Errors
    /// When the candidate is not one, or nobody could judge it.
    pub(super) async fn judge(&self, key: &str, candidate: &Candidate, oracle: &Oracle<'_>) -> anyhow::Result<Judged> {
        let bare = self.stack.layout.remote(&self.name);
        let diff = diff::of(&bare, self.base.as_str(), &candidate.edits)
            .with_context(|| format!("{} ({}) is no change", candidate.name, candidate.fault.name()))?;
        let (target, code, base) = (self.name.clone(), candidate.fault.code()?, self.base.clone());
        let task = VerifyTask::Admit(Admit { target, code, base, diff, minimise: false });
        let begun = Instant::now();
        let verdict: Verdict = ask(&self.verifier, key, &task).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let oracled = match (&verdict.artefact, candidate.group) {
            (_, Group::Cheat) => Oracled::NotAsked,
            (Some(artefact), _) => {
                let program = self.program_of(artefact);
                match tokio::task::block_in_place(|| oracle.ask(candidate.fault, &program))? {
                    None => Oracled::Right,
                    Some(why) => Oracled::Wrong(why),
                }
            }
            (None, _) => Oracled::of_unbuilt(&verdict),
        };
        Ok(Judged::of(candidate, &verdict, seconds, oracled))
    }

    /// Has a fault's contract replayed against whatever answers at a URL.
    ///
    /// # Errors
    /// When nobody could judge it.
    pub(super) async fn replay(
        &self,
        key: &str,
        fault: variants::Fault,
        base_url: &str,
    ) -> anyhow::Result<ReplayReport> {
        // As the healer: the deployer says what is live.
        let (code, live) = (fault.code()?, self.live().await?.answerer());
        let replay = Replay { target: self.name.clone(), code, base_url: base_url.to_owned(), live };
        ask(&self.closing, key, &VerifyTask::Replay(replay)).await
    }

    fn program_of(&self, artefact: &Digest) -> PathBuf {
        self.stack.layout.at("artefacts").join(artefact.as_str()).join(&self.program)
    }

    /// What runs.
    ///
    /// # Errors
    /// When nothing does in time.
    pub(super) async fn live(&self) -> anyhow::Result<Live> {
        live(&self.stack, &self.name).await
    }
}

async fn ask<T: serde::de::DeserializeOwned>(of: &Verifier, key: &str, task: &VerifyTask) -> anyhow::Result<T> {
    let key: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(90).collect();
    let key = OperationKey::new("bench", key).map_err(|error| anyhow::anyhow!("no key: {error}"))?;
    Ok(of.effects.run(&key, task, LIMIT, None).await?)
}

async fn live(stack: &Stack, name: &TargetName) -> anyhow::Result<Live> {
    let until = Instant::now() + FIRST_BUILD;
    loop {
        if let Some(live) = stack.deployer()?.live(name).await.ok().flatten() {
            return Ok(live);
        }
        anyhow::ensure!(Instant::now() < until, "the patient is not live after {FIRST_BUILD:?}");
        tokio::time::sleep(LOOK).await;
    }
}
