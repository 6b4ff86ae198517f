//! What a demo run found, for people and programs. Every figure is measured in the run; times are milliseconds.

use super::cycle::Cycle;
use super::traffic::Count;
use crate::stack::{Stack, descendants};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wire::chain::Broken;
use wire::event::{Body, Event};
use wire::reset::ResetReport;
use wire::span::{Span, Stage};
use wire::timeline::Timeline;
use wire::{CommitId, IncidentId, Service, TargetName};

/// The report of a run: `.kintsugi/demo/report.json`.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "described in docs/results/first-light.md")]
pub struct Report {
    pub command: String,
    pub commit: String,
    pub machine: String,
    pub date: DateTime<Utc>,
    pub seed: Option<u64>,
    pub faults: Vec<FaultReport>,
    pub reset: ResetSummary,
    pub resets: Vec<ResetOutcome>,
    pub switch: Count,
    pub services: Vec<Footprint>,
    pub until_first_fault: Cost,
    pub healed: bool,
}

/// One fault of one cycle.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct FaultReport {
    pub code: String,
    pub round: u32,
    pub target: TargetName,
    pub incident: Option<IncidentId>,
    pub outcome: String,
    pub fired_status: u16,
    pub healed_status: u16,
    /// Since the request was sent.
    pub stages_ms: BTreeMap<&'static str, f64>,
    pub total_ms: Option<f64>,
    pub platform_ms: Option<f64>,
    pub spans: Vec<Span>,
    pub commit: Option<CommitId>,
    pub files: Vec<String>,
    pub switch: Count,
    pub journal: PathBuf,
    pub remote: String,
    pub logs: String,
    pub fired_at: DateTime<Utc>,
    /// None when the journal's hash chain holds.
    pub chain_broken: Option<String>,
}

/// What a cycle saw from outside.
#[derive(Debug)]
#[expect(missing_docs, reason = "see Report")]
pub struct Outcome {
    pub status: u16,
    pub answer: u16,
    pub switch: Count,
    pub chain: Result<(), Broken>,
    pub path: PathBuf,
}

/// One reset.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "see Report")]
pub struct ResetOutcome {
    pub target: TargetName,
    pub report: ResetReport,
    /// Whether the fault files on the branch are the originals again.
    pub original: bool,
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

impl Report {
    /// A report without faults yet.
    pub fn begin(stack: &Stack, cycles: u32) -> Self {
        Self {
            command: format!("kintsugi demo --cycles {cycles}"),
            commit: commit_of_checkout(),
            machine: machine(),
            date: chassis::Clock::now(&chassis::SystemClock),
            seed: None,
            faults: Vec::new(),
            reset: ResetSummary::default(),
            resets: Vec::new(),
            switch: Count::default(),
            services: footprints(stack),
            until_first_fault: Cost::default(),
            healed: false,
        }
    }

    /// Adds a fault.
    pub fn take_in(&mut self, fault: FaultReport) {
        self.switch.requests += fault.switch.requests;
        self.switch.failed += fault.switch.failed;
        self.switch.failures.extend(fault.switch.failures.iter().cloned());
        self.faults.push(fault);
    }

    /// Draws the conclusions. Nothing that was not seen counts as good.
    pub fn finish(&mut self, stack: &Stack) {
        let later: Vec<_> = self.faults.iter().filter(|fault| fault.round > 1).collect();
        self.reset = ResetSummary {
            code_reset: !self.resets.is_empty() && self.resets.iter().all(|r| r.original && r.report.complete),
            faults_back: !later.is_empty() && later.iter().all(|fault| fault.fired_status >= 500),
        };
        let good = |fault: &FaultReport| {
            fault.outcome == "resolved"
                && fault.fired_status >= 500
                && fault.healed_status == 200
                && fault.chain_broken.is_none()
        };
        self.healed = !self.faults.is_empty()
            && self.faults.iter().all(good)
            && self.reset.code_reset
            && self.switch.requests > 0
            && self.switch.failed == 0;
        self.services = footprints(stack);
    }
}

impl FaultReport {
    /// What a cycle's journal tells.
    pub fn of(
        cycle: &Cycle<'_>,
        journal: &[Event],
        timeline: &Timeline,
        fired_at: DateTime<Utc>,
        seen: Outcome,
    ) -> Self {
        let since = |at: &DateTime<Utc>| (*at - fired_at).num_microseconds().unwrap_or_default() as f64 / 1000.0;
        let stages_ms = timeline.stages.iter().map(|(stage, at)| (stage.as_str(), since(at))).collect();
        let proposal = journal.iter().rev().find_map(|event| match &event.body {
            Body::Admitted { proposal, .. } => Some(proposal),
            _ => None,
        });
        let commit = journal.iter().rev().find_map(|event| match &event.body {
            Body::Pushed { commit } => Some(commit.clone()),
            _ => None,
        });
        let outcome = journal.iter().rev().find_map(|event| match &event.body {
            Body::Resolved { .. } | Body::Escalated { .. } | Body::Dismissed { .. } | Body::Advised { .. } => {
                Some(event.body.kind().to_owned())
            }
            _ => None,
        });
        Self {
            code: cycle.contract.fault.to_string(),
            round: cycle.round,
            target: cycle.target.name.clone(),
            incident: journal.first().map(|event| event.incident),
            outcome: outcome.unwrap_or_else(|| "unverified".to_owned()),
            fired_status: seen.status,
            healed_status: seen.answer,
            stages_ms,
            total_ms: timeline.stages.get(&Stage::Resolved).map(since),
            platform_ms: timeline.platform_ms(),
            spans: timeline.spans.clone(),
            commit,
            files: proposal.map(|proposal| proposal.files.clone()).unwrap_or_default(),
            switch: seen.switch,
            journal: seen.path,
            remote: cycle.target.repository.url.clone(),
            logs: cycle.target.logs.live.clone(),
            fired_at,
            chain_broken: seen.chain.err().map(|broken| broken.to_string()),
        }
    }
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
