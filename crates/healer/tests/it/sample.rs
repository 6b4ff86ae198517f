//! Samples of what the healer is told, and the target it is told about.

use chrono::{DateTime, Utc};
use healer::policy::{Limits, Policy};
use std::time::Duration;
use wire::detection::{Detection, Source};
use wire::plan::{Plan, PlanOption, Remedy, Retrieval, Verdict};
use wire::rollout::{Colour, Live};
use wire::target::{Autonomy, ReplayPermission, Target};
use wire::verification::{Gate, GateReport, Judgement, ReplayReport};
use wire::{CommitId, Digest, FaultCode, ReplayId, TargetName, TreeId};

pub(crate) const TARGET: &str = r#"
name = "patient"
autonomy = "auto"
[repository]
url = "/srv/patient.git"
branch = "main"
[logs]
live = "/logs/live"
private = "/logs/private"
[[faults]]
code = "FAULT_SAMPLE"
marker = "FAULT_SAMPLE"
verdict = "code_fault"
[patch]
language = "python"
files = ["app.py"]
models = true
[build]
outputs = [{ from = "app.py", to = "app.py" }]
[test]
command = ["python3", "-m", "unittest"]
[run]
command = ["python3", "{artefact}/app.py"]
[run.health]
path = "/healthz"
[[contracts]]
fault = "FAULT_SAMPLE"
replay = "live"
request = { method = "POST", path = "/break" }
expect = { status = 200, deadline_ms = 1000 }
witnesses = [{ kind = "call_count", url = "http://127.0.0.1:9/calls/{replay}" }]
"#;

pub(crate) fn target() -> Target {
    Target::parse(TARGET).unwrap()
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(crate) fn name() -> TargetName {
    "patient".parse().unwrap()
}

pub(crate) fn code() -> FaultCode {
    "FAULT_SAMPLE".parse().unwrap()
}

/// The n-th commit there is.
pub(crate) fn commit(n: usize) -> CommitId {
    format!("{n:040x}").parse().unwrap()
}

pub(crate) fn tree(n: usize) -> TreeId {
    format!("{n:040x}").parse().unwrap()
}

pub(crate) fn detection() -> Detection {
    Detection {
        target: name(),
        code: code(),
        event_id: "e-1".parse().unwrap(),
        source: Source::Router,
        at: at(0),
        message: "it broke".into(),
        reason: Some("because".into()),
        line: Some("a line".into()),
        context: vec!["the line before".into()],
        trace_parent: None,
        request_id: None,
        version: None,
        service: None,
        fields: Default::default(),
    }
}

pub(crate) fn known(title: &str) -> PlanOption {
    let remedy = Remedy::Codemod { document: "doc".into(), rule: serde_json::Value::Null, digest: Digest::of(title) };
    PlanOption {
        title: title.into(),
        remedy,
        confidence: 0.9,
        verification: String::new(),
        estimate: None,
        track: None,
    }
}

pub(crate) fn unknown() -> PlanOption {
    PlanOption { remedy: Remedy::Unknown, ..known("of a newer writer") }
}

pub(crate) fn plan(options: Vec<PlanOption>) -> Plan {
    let retrieval = Retrieval { query: "q".into(), engine: "lexical".into(), confidence: 0.9, neighbours: vec![] };
    Plan { verdict: Verdict::CodeFault, root_cause: "a bad statement".into(), retrieval, options }
}

pub(crate) fn gates() -> Vec<GateReport> {
    let passed = |gate| {
        let evidence = serde_json::Value::Null;
        GateReport { gate, passed: true, code: "ok".into(), why: String::new(), evidence }
    };
    Gate::REQUIRED.map(passed).to_vec()
}

pub(crate) fn report(replay: ReplayId, judgement: Judgement) -> ReplayReport {
    ReplayReport {
        replay,
        code: code(),
        judgement,
        why: "as it went".into(),
        status: Some(200),
        took_ms: 1.5,
        witnesses: vec![],
        answer: None,
        sequence: None,
        spans: vec![],
    }
}

/// What is live: the commit, since so many roll-outs.
pub(crate) fn live(commit: CommitId, rollouts: i64) -> Live {
    Live {
        target: name(),
        commit,
        tree: tree(0),
        artefact: Some(Digest::of("artefact")),
        colour: Some(Colour::Blue),
        port: 1,
        pid: 1,
        since: at(rollouts),
        rollouts,
        problem: None,
    }
}

pub(crate) fn policy() -> Policy {
    let limits = Limits {
        attempts: 2,
        patience: Duration::from_secs(10),
        base_moves: 1,
        remedies_per_hour: 20,
        retry_min: Duration::from_secs(1),
        retry_max: Duration::from_secs(60),
        approval: Duration::from_secs(3600),
        min_confidence: 0.1,
    };
    Policy { autonomy: Autonomy::Auto, earn: None, replay: ReplayPermission::Live, relief: false, limits }
}
