//! What one fault of one cycle came to. Every figure is measured in the run; times are milliseconds.

use super::cycle::Cycle;
use super::shares;
use super::traffic::Count;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use wire::chain::Broken;
use wire::event::{Body, Event};
use wire::span::{Span, Stage};
use wire::timeline::Timeline;
use wire::{CommitId, IncidentId, TargetName};

/// One fault of one cycle.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "described in docs/results/first-light.md")]
pub struct FaultReport {
    pub name: String,
    pub title: String,
    pub code: String,
    pub round: u32,
    pub target: TargetName,
    pub incident: Option<IncidentId>,
    pub outcome: String,
    /// Every request that was sent to fire it; the last one failed.
    pub asked: Vec<Asked>,
    pub fired_status: u16,
    pub healed_status: u16,
    /// Whether the answer after the recovery is one of a healthy route.
    pub answers_well: bool,
    /// Since the failing request was sent.
    pub stages_ms: BTreeMap<&'static str, f64>,
    /// When the front began to ease it, where the target file has a relief for it.
    pub relieved_ms: Option<f64>,
    pub total_ms: Option<f64>,
    pub platform_ms: Option<f64>,
    /// The total by what the time went to; every moment counts once.
    pub shares_ms: BTreeMap<&'static str, f64>,
    /// The platform's own share of the time from the stage before until each stage.
    pub platform_until_ms: BTreeMap<&'static str, f64>,
    pub spans: Vec<Span>,
    pub commit: Option<CommitId>,
    pub files: Vec<String>,
    pub switch: Count,
    pub journal: PathBuf,
    pub remote: String,
    pub branch: String,
    pub logs: String,
    pub fired_at: DateTime<Utc>,
    /// None when the journal's hash chain holds.
    pub chain_broken: Option<String>,
}

/// A request and its answer.
#[derive(Debug, Clone, Copy, Serialize)]
#[expect(missing_docs, reason = "see FaultReport")]
pub struct Asked {
    pub status: u16,
    pub ms: f64,
}

/// What a cycle saw from outside.
#[derive(Debug)]
#[expect(missing_docs, reason = "see FaultReport")]
pub struct Seen {
    pub asked: Vec<Asked>,
    pub again: Asked,
    pub chain: Result<(), Broken>,
    pub path: PathBuf,
}

impl FaultReport {
    /// What a cycle's journal tells.
    pub fn of(cycle: &Cycle<'_>, journal: &[Event], timeline: &Timeline, fired_at: DateTime<Utc>, seen: Seen) -> Self {
        let since = |at: &DateTime<Utc>| (*at - fired_at).num_microseconds().unwrap_or_default() as f64 / 1000.0;
        let resolved = timeline.stages.get(&Stage::Resolved);
        let last = |of: &dyn Fn(&Body) -> Option<String>| journal.iter().rev().find_map(|event| of(&event.body));
        let files = journal.iter().rev().find_map(|event| match &event.body {
            Body::Admitted { proposal, .. } => Some(proposal.files.clone()),
            _ => None,
        });
        let commit = journal.iter().rev().find_map(|event| match &event.body {
            Body::Pushed { commit } => Some(commit.clone()),
            _ => None,
        });
        let relieved = journal.iter().find(|event| matches!(event.body, Body::Relieved { .. }));
        let (act, target) = (cycle.act, cycle.target);
        Self {
            name: act.name.clone(),
            title: act.title.clone(),
            code: act.fault.to_string(),
            round: cycle.round,
            target: target.name.clone(),
            incident: journal.first().map(|event| event.incident),
            outcome: last(&outcome).unwrap_or_else(|| "unverified".to_owned()),
            fired_status: seen.asked.last().map_or(0, |asked| asked.status),
            healed_status: seen.again.status,
            answers_well: act.heals_to.contains(&seen.again.status),
            asked: seen.asked,
            stages_ms: timeline.stages.iter().map(|(stage, at)| (stage.as_str(), since(at))).collect(),
            relieved_ms: relieved.map(|event| since(&event.at)),
            total_ms: resolved.map(since),
            platform_ms: timeline.platform_ms(),
            shares_ms: resolved.map(|to| shares::of(&timeline.spans, fired_at, *to)).unwrap_or_default(),
            platform_until_ms: shares::platform_until(timeline),
            spans: timeline.spans.clone(),
            commit,
            files: files.unwrap_or_default(),
            switch: Count::default(),
            journal: seen.path,
            remote: target.repository.url.clone(),
            branch: target.repository.branch.clone(),
            logs: target.logs.live.clone(),
            fired_at,
            chain_broken: seen.chain.err().map(|broken| broken.to_string()),
        }
    }

    /// The platform's own share of the time until a stage, from the one before.
    pub fn platform_until(&self, stage: Stage) -> Option<f64> {
        self.platform_until_ms.get(stage.as_str()).copied()
    }

    /// Whether it failed, was healed with proof, and answers well.
    pub fn is_healed(&self) -> bool {
        self.outcome == "resolved" && self.fired_status >= 500 && self.answers_well && self.chain_broken.is_none()
    }
}

/// How a recovery ended, when this event ends one.
fn outcome(body: &Body) -> Option<String> {
    let ends =
        matches!(body, Body::Resolved { .. } | Body::Escalated { .. } | Body::Dismissed { .. } | Body::Advised { .. });
    ends.then(|| body.kind().to_owned())
}
