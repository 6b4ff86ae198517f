//! The demo: fire each fault, watch it being healed, reset everything, and do it all again.

pub mod cycle;
pub mod fault;
pub mod report;
pub mod scene;
pub mod shares;
pub mod table;
pub mod traffic;

use crate::stack::Stack;
use anyhow::Context;
use cycle::Cycle;
use report::{Cost, Report, ResetOutcome, Round, phase_of_fault, phase_of_reset};
use scene::Scene;
use std::time::{Duration, Instant};
use traffic::Traffic;
use wire::target::Target;

/// How long the first version may take to be live: its build is part of it.
pub const FIRST_BUILD: Duration = Duration::from_secs(900);
/// How long a reset may take to be rolled out.
const ROLL_OUT: Duration = Duration::from_secs(120);
/// The shortest and the longest pause between two looks.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// What was spent before the stack was started, as the caller measured it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// CPU seconds.
    pub cpu_s: f64,
    /// Wall-clock seconds.
    pub wall_s: f64,
}

/// Runs the scene `cycles` times, each ending with a reset.
///
/// # Errors
/// When a part of it does not answer. A fault that is not healed is no error here; it is in the report.
pub async fn run(
    stack: &Stack,
    scene: &Scene,
    cycles: u32,
    spent: Spent,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let mut report = Report::begin(stack, scene, cycles);
    let targets = scene.targets(&stack.catalogue)?;
    make_ready(stack, &targets, say).await?;
    report.until_first_fault = Cost {
        cpu_s: spent.cpu_s + crate::stack::descendants::cpu_seconds(),
        wall_s: spent.wall_s + begun.elapsed().as_secs_f64(),
    };
    let first = scene.faults.first().map_or_else(String::new, |act| phase_of_fault(&act.name, 1));
    let traffic = Traffic::start(&stack.front(), &scene.traffic, &first)?;
    for round in 1..=cycles {
        cycle(stack, scene, &targets, round, &traffic, &mut report, say).await?;
    }
    report.finish(stack, &traffic.end().await);
    Ok(report)
}

/// Waits for the targets, and takes back what an interrupted run may have left: cured files, incidents, a pause.
async fn make_ready(stack: &Stack, targets: &[&Target], say: &mut dyn FnMut(String)) -> anyhow::Result<()> {
    let store = stack.store()?;
    for target in targets {
        say(format!("waiting for the first live version of {} (its first build can take minutes)", target.name));
        until_live(stack, target, FIRST_BUILD).await?;
    }
    let left = store.incidents(1, false).await.context("cannot read the incidents")?;
    let mut original = true;
    for target in targets {
        original &= is_original(target)?;
    }
    if !original || !left.incidents.is_empty() {
        say("an earlier run has left something behind: resetting it first".to_owned());
        reset(stack, targets, 0, say).await?;
    }
    store.resume().await.context("cannot resume healing")?;
    Ok(())
}

/// Every fault once, then the reset.
async fn cycle(
    stack: &Stack,
    scene: &Scene,
    targets: &[&Target],
    round: u32,
    traffic: &Traffic,
    report: &mut Report,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<()> {
    let begun = Instant::now();
    for act in &scene.faults {
        let target = targets.iter().find(|target| target.name == act.target).context("a fault without a target")?;
        say(format!("\ncycle {round}: {}: {} ({} at {})", act.name, act.title, act.fault, target.name));
        traffic.enter(&phase_of_fault(&act.name, round));
        report.faults.push(Cycle { stack, target, act, round }.run(say).await?);
    }
    let together_s = begun.elapsed().as_secs_f64();
    say(format!("\ncycle {round}: resetting everything"));
    traffic.enter(&phase_of_reset(round));
    report.resets.extend(reset(stack, targets, round, say).await?);
    stack.store()?.resume().await.context("cannot resume healing")?;
    report.rounds.push(Round { round, together_s, reset_s: begun.elapsed().as_secs_f64() - together_s });
    Ok(())
}

/// Waits until a version is live and it is the head of the branch.
///
/// # Errors
/// When it is not within the limit.
pub async fn until_live(stack: &Stack, target: &Target, limit: Duration) -> anyhow::Result<wire::rollout::Live> {
    let deployer = stack.deployer()?;
    let (begun, until) = (Instant::now(), Instant::now() + limit);
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
            Instant::now() < until,
            "{} is not live at {head} within {limit:?}; see {}",
            target.name,
            stack.layout.log(wire::Service::Deployer).display()
        );
        // Asking costs the build the processor: what has taken long is asked seldom.
        tokio::time::sleep((begun.elapsed() / 20).clamp(LOOK.0, LOOK.1)).await;
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

/// One reset for all targets; waits until each one's original is live.
async fn reset(
    stack: &Stack,
    targets: &[&Target],
    round: u32,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<Vec<ResetOutcome>> {
    let report = stack.store()?.reset().await.context("cannot reset")?;
    let mut outcomes = Vec::new();
    for target in targets {
        let live = until_live(stack, target, ROLL_OUT).await?;
        say(format!(
            "reset: epoch {}, {} incidents archived, {} is live at {} again",
            report.epoch, report.archived, target.name, live.commit
        ));
        let (original, target) = (is_original(target)?, target.name.clone());
        outcomes.push(ResetOutcome { round, target, report: report.clone(), original, switch: Default::default() });
    }
    Ok(outcomes)
}
