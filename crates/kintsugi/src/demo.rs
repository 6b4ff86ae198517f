//! The demo cycle: fire each fault of a target, watch it being healed, reset, and heal it once more.

pub mod cycle;
pub mod report;
pub mod table;
pub mod traffic;

use crate::stack::Stack;
use anyhow::Context;
use cycle::Cycle;
use report::{Cost, Report, ResetOutcome};
use std::time::Duration;
use wire::target::Target;

/// How long the first version may take to be live: its build is part of it.
pub const FIRST_BUILD: Duration = Duration::from_secs(900);
/// How long a reset may take to be rolled out.
const ROLL_OUT: Duration = Duration::from_secs(120);

/// What was spent before the stack was started, as the caller measured it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// CPU seconds.
    pub cpu_s: f64,
    /// Wall-clock seconds.
    pub wall_s: f64,
}

/// Runs the cycle `cycles` times on every fault of every target, ending with a reset.
///
/// # Errors
/// When a part of it does not answer. A fault that is not healed is no error here; it is in the report.
pub async fn run(stack: &Stack, cycles: u32, spent: Spent, say: &mut dyn FnMut(String)) -> anyhow::Result<Report> {
    let begun = std::time::Instant::now();
    let store = stack.store()?;
    let mut report = Report::begin(stack, cycles);
    for target in stack.catalogue.values() {
        say(format!("waiting for the first live version of {} (its first build can take minutes)", target.name));
        until_live(stack, target, FIRST_BUILD).await?;
        if !is_original(target)? {
            say(format!("{} is not in its original state: resetting it first", target.name));
            reset(stack, target, say).await?;
        }
    }
    store.resume().await.context("cannot resume healing")?;
    report.until_first_fault = Cost {
        cpu_s: spent.cpu_s + crate::stack::descendants::cpu_seconds(),
        wall_s: spent.wall_s + begun.elapsed().as_secs_f64(),
    };
    for round in 1..=cycles {
        for target in stack.catalogue.values() {
            for contract in &target.contracts {
                say(format!("cycle {round}: firing {} at {}", contract.fault, target.name));
                let fault = Cycle { stack, target, contract, round }.run(say).await?;
                report.take_in(fault);
            }
        }
        say(format!("cycle {round}: resetting everything"));
        for target in stack.catalogue.values() {
            let outcome = reset(stack, target, say).await?;
            report.resets.push(outcome);
        }
        store.resume().await.context("cannot resume healing")?;
    }
    report.finish(stack);
    Ok(report)
}

/// Waits until a version is live and it is the head of the branch.
///
/// # Errors
/// When it is not within the limit.
pub async fn until_live(stack: &Stack, target: &Target, limit: Duration) -> anyhow::Result<wire::rollout::Live> {
    let deployer = stack.deployer()?;
    let until = std::time::Instant::now() + limit;
    loop {
        let head = crate::git::head(&target.repository.url, &target.repository.branch)?;
        let live = deployer.live(&target.name).await.ok().flatten().filter(|live| live.commit == head);
        // The table may speak of a process that did not survive the machine: asking is the proof.
        if let Some(live) = live
            && answers(&format!("{}{}", stack.front(), target.run.health.path)).await
        {
            return Ok(live);
        }
        anyhow::ensure!(
            std::time::Instant::now() < until,
            "{} is not live at {head} within {limit:?}; see {}",
            target.name,
            stack.layout.log(wire::Service::Deployer).display()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn answers(url: &str) -> bool {
    let Ok(http) = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build() else { return false };
    http.get(url).send().await.is_ok_and(|answer| answer.status().as_u16() == 200)
}

fn is_original(target: &Target) -> anyhow::Result<bool> {
    let read = |path: &str| crate::git::read(&target.repository.url, &target.repository.branch, path);
    target.reset.iter().try_fold(true, |same, reset| Ok(same && read(&reset.file)? == read(&reset.template)?))
}

async fn reset(stack: &Stack, target: &Target, say: &mut dyn FnMut(String)) -> anyhow::Result<ResetOutcome> {
    let report = stack.store()?.reset().await.context("cannot reset")?;
    let live = until_live(stack, target, ROLL_OUT).await?;
    say(format!(
        "reset: epoch {}, {} incidents archived, {} is live at {} again",
        report.epoch, report.archived, target.name, live.commit
    ));
    Ok(ResetOutcome { target: target.name.clone(), report, original: is_original(target)? })
}
