//! What a demo run found, for people and programs: `.kintsugi/demo/report.json`.

use super::fault::FaultReport;
use super::scene::{Scene, TrafficPlan};
use super::traffic::Count;
use crate::stack::{Stack, descendants};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use wire::reset::ResetReport;
use wire::{Service, TargetName};

/// The goal for the platform's own share of a recovery, milliseconds.
const PLATFORM_GOAL_MS: f64 = 1000.0;
/// The goal for all faults of a cycle together, seconds.
const TOGETHER_GOAL_S: f64 = 180.0;

/// The report of a run.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "described in docs/results/first-light.md")]
pub struct Report {
    pub command: String,
    pub commit: String,
    pub machine: String,
    pub date: DateTime<Utc>,
    pub seed: Option<u64>,
    pub faults: Vec<FaultReport>,
    pub rounds: Vec<Round>,
    pub reset: ResetSummary,
    pub resets: Vec<ResetOutcome>,
    /// What the constant-rate client sent, and how that went over the whole run.
    pub traffic: TrafficPlan,
    pub switch: Count,
    pub goals: Goals,
    pub services: Vec<Footprint>,
    pub until_first_fault: Cost,
    pub healed: bool,
}

/// One cycle.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct Round {
    pub round: u32,
    /// From the first request of the first fault to the last answer of the last, seconds.
    pub together_s: f64,
    /// The reset after it, until the originals are live, seconds.
    pub reset_s: f64,
}

/// The goals, and the worst that was measured.
#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct Goals {
    pub platform_ms: Goal,
    pub together_s: Goal,
}

/// A figure that should stay below a limit.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct Goal {
    pub limit: f64,
    pub worst: Option<f64>,
    pub met: bool,
}

/// One reset.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct ResetOutcome {
    pub round: u32,
    pub target: TargetName,
    pub report: ResetReport,
    /// Whether the fault files on the branch are the originals again.
    pub original: bool,
    pub switch: Count,
}

/// The resets in short.
#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct ResetSummary {
    pub code_reset: bool,
    /// Whether every fault that was fired after a reset failed again.
    pub faults_back: bool,
}

/// A service at rest.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct Footprint {
    pub service: Service,
    pub ready_ms: f64,
    pub resident_kib: Option<u64>,
    pub starts: u32,
}

/// What something cost.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct Cost {
    pub cpu_s: f64,
    pub wall_s: f64,
}

/// The phase of the constant-rate client while a fault is healed, and while everything is reset.
pub fn phase_of_fault(name: &str, round: u32) -> String {
    format!("{name} #{round}")
}

/// See [`phase_of_fault`].
pub fn phase_of_reset(round: u32) -> String {
    format!("reset #{round}")
}

impl Report {
    /// A report without faults yet.
    pub fn begin(stack: &Stack, scene: &Scene, cycles: u32) -> Self {
        let names: Vec<&str> = scene.faults.iter().map(|act| act.name.as_str()).collect();
        Self {
            command: format!("kintsugi demo --cycles {cycles} --fault {}", names.join(" --fault ")),
            commit: commit_of_checkout(),
            machine: machine(),
            date: chassis::Clock::now(&chassis::SystemClock),
            seed: None,
            faults: Vec::new(),
            rounds: Vec::new(),
            reset: ResetSummary::default(),
            resets: Vec::new(),
            traffic: scene.traffic.clone(),
            switch: Count::default(),
            goals: Goals::default(),
            services: footprints(stack),
            until_first_fault: Cost::default(),
            healed: false,
        }
    }

    /// Draws the conclusions. Nothing that was not seen counts as good.
    pub fn finish(&mut self, stack: &Stack, phases: &BTreeMap<String, Count>) {
        let count = |phase: &str| phases.get(phase).cloned().unwrap_or_default();
        for fault in &mut self.faults {
            fault.switch = count(&phase_of_fault(&fault.name, fault.round));
        }
        for reset in &mut self.resets {
            reset.switch = count(&phase_of_reset(reset.round));
        }
        phases.values().for_each(|count| self.switch.add(count));
        let later: Vec<_> = self.faults.iter().filter(|fault| fault.round > 1).collect();
        self.reset = ResetSummary {
            code_reset: !self.resets.is_empty() && self.resets.iter().all(|r| r.original && r.report.complete),
            faults_back: !later.is_empty() && later.iter().all(|fault| fault.fired_status >= 500),
        };
        self.goals = Goals {
            platform_ms: goal(PLATFORM_GOAL_MS, self.faults.iter().map(|fault| fault.platform_ms)),
            together_s: goal(TOGETHER_GOAL_S, self.rounds.iter().map(|round| Some(round.together_s))),
        };
        self.healed = !self.faults.is_empty()
            && self.faults.iter().all(FaultReport::is_healed)
            && self.reset.code_reset
            && self.switch.requests > 0
            && self.switch.failed == 0;
        self.services = footprints(stack);
    }
}

/// Met when every figure was measured and stays below the limit.
fn goal(limit: f64, figures: impl Iterator<Item = Option<f64>>) -> Goal {
    let figures: Vec<Option<f64>> = figures.collect();
    let worst = figures.iter().flatten().copied().reduce(f64::max);
    let met = !figures.is_empty() && figures.iter().all(|figure| figure.is_some_and(|figure| figure < limit));
    Goal { limit, worst, met }
}

fn footprints(stack: &Stack) -> Vec<Footprint> {
    let running = stack.supervisor.running();
    running
        .iter()
        .map(|(service, running)| Footprint {
            service: *service,
            ready_ms: stack.ready_ms.get(service).copied().unwrap_or_default(),
            resident_kib: running.pid.and_then(descendants::resident_kib),
            starts: running.starts,
        })
        .collect()
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    format!("{cores} cores, {}", model.trim_start_matches([' ', '\t', ':']).trim())
}

/// The commit of the checkout that this runs in, if it is one.
fn commit_of_checkout() -> String {
    let repository = git2::Repository::discover(Path::new("."));
    let head = repository.and_then(|repository| repository.head()?.peel_to_commit().map(|commit| commit.id()));
    head.map_or_else(|_| "unknown".to_owned(), |id| id.to_string())
}
