//! What is asked of the verifier: a build that nobody asked for before, a replay on green.

use chassis::operations::Reporter;
use client::{EffectError, Verifier};
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use wire::target::{Contract, Target};
use wire::verification::{Build, Built, Replay, ReplayReport, VerifyTask};
use wire::{CommitId, FaultCode, OperationKey};

/// What an operation may take beyond the limits of the target's own commands.
const MARGIN: Duration = Duration::from_secs(60);

/// Has a commit built. The key is the same for the same attempt, so a build that a crash left running is found again.
pub(crate) async fn build(
    verifier: &Verifier,
    target: &Target,
    commit: &CommitId,
    attempt: u32,
    reporter: &Reporter,
) -> Result<Built, EffectError> {
    let key = OperationKey { scope: commit.to_string(), step: format!("build-{}-{attempt}", target.name) };
    let task = VerifyTask::Build(Build { target: target.name.clone(), commit: commit.clone() });
    let limit = Duration::from_millis(target.build.timeout_ms.saturating_add(target.test.timeout_ms)) + MARGIN;
    ask(verifier, key, task, limit, reporter).await
}

/// Has a fault's contract replayed on an instance; `scope` is the instance, so no two share a key.
pub(crate) async fn replay(
    verifier: &Verifier,
    target: &Target,
    code: &FaultCode,
    (scope, base_url): (String, String),
    reporter: &Reporter,
) -> Result<ReplayReport, EffectError> {
    let key = OperationKey { scope, step: "replay".to_owned() };
    let task = VerifyTask::Replay(Replay { target: target.name.clone(), code: code.clone(), base_url, live: None });
    let limit = target.contract(code).map_or(0, Contract::limit_ms);
    ask(verifier, key, task, Duration::from_millis(limit) + MARGIN, reporter).await
}

async fn ask<T: DeserializeOwned>(
    verifier: &Verifier,
    key: OperationKey,
    task: VerifyTask,
    limit: Duration,
    reporter: &Reporter,
) -> Result<T, EffectError> {
    let (tell, mut told) = unbounded_channel();
    let run = verifier.effects.run(&key, &task, limit, Some(&tell));
    tokio::pin!(run);
    loop {
        tokio::select! {
            biased;
            Some(progress) = told.recv() => reporter.pass_on(progress),
            outcome = &mut run => {
                while let Ok(progress) = told.try_recv() {
                    reporter.pass_on(progress);
                }
                return outcome;
            }
        }
    }
}
