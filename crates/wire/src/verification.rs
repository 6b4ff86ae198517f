//! What `verifier` is asked and what it answers: gates with evidence, replays with witnesses, artefacts.

use crate::rollout::Answerer;
use crate::span::Span;
use crate::{CommitId, Digest, FaultCode, ReplayId, TargetName, TreeId};
use serde::{Deserialize, Serialize};

/// What `verifier` is asked to do under one operation key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum VerifyTask {
    /// Judge a candidate: all gates. Answers [`Verdict`]. Asked by `patcher`.
    Admit(Admit),
    /// Build a commit that needs no judgement (a reset, a developer's push). Answers [`Built`]. Asked by `deployer`.
    Build(Build),
    /// Replay a fault's contract against a running instance. Answers [`ReplayReport`]. Asked by `deployer` and `healer`.
    Replay(Replay),
}

/// Judge `base` + `diff`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Admit {
    pub target: TargetName,
    pub code: FaultCode,
    pub base: CommitId,
    pub diff: String,
    /// Whether hunks without which it cures as well are to be found: for patches that nobody knows yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minimise: bool,
}

/// Build a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Build {
    pub target: TargetName,
    pub commit: CommitId,
}

/// Replay a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// The target.
    pub target: TargetName,
    /// The fault whose contract is replayed.
    pub code: FaultCode,
    /// Where the instance answers, e.g. `http://127.0.0.1:8000`.
    pub base_url: String,
    /// The instance that is live, where an answer of another one proves nothing: then the front must say that it was this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Answerer>,
}

/// The verifier's judgement of a candidate. Kept beside the artefact: `GET /v1/verdicts/{digest}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The digest of the proposal that was judged.
    pub proposal: Digest,
    /// Whether every gate passed. False also when one did not run.
    pub admitted: bool,
    /// The gates in their order, up to the first refusal.
    pub gates: Vec<GateReport>,
    /// The resulting tree, once the diff applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<TreeId>,
    /// What was built, when the build gate passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Digest>,
    /// What is left of the diff without the hunks that change nothing, when the last gate refused as `reducible`: another change
    /// with a digest of its own, which passed gates 2 to 4 and is to be judged by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced: Option<String>,
    /// Where the time went.
    #[serde(default)]
    pub spans: Vec<Span>,
}

/// The gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// 1: only what may be touched, parsed.
    Scope,
    /// 2: builds, and the target's tests pass, in the sandbox.
    Build,
    /// 3: the failing request meets its contract, with witnesses.
    Replay,
    /// 4: what was fine before is answered as before.
    Healthy,
    /// 5: without the patch the symptom is there.
    Causality,
    /// What a newer writer knows.
    #[serde(other)]
    Unknown,
}

impl Gate {
    /// Those that a change must have passed, each.
    pub const REQUIRED: [Gate; 5] = [Gate::Scope, Gate::Build, Gate::Replay, Gate::Healthy, Gate::Causality];

    /// Whether every required gate ran and nothing refused. One that did not run is no pass.
    pub fn all_passed(reports: &[GateReport]) -> bool {
        let ran = |gate: &Gate| reports.iter().any(|report| report.gate == *gate);
        reports.iter().all(|report| report.passed) && Gate::REQUIRED.iter().all(ran)
    }
}

/// The code of a gate that could not tell: neither a pass nor a refusal of the candidate.
pub const UNVERIFIED: &str = "unverified";

/// One gate's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// Which gate.
    pub gate: Gate,
    /// Whether it passed.
    pub passed: bool,
    /// Stable: `ok`, [`UNVERIFIED`]; of scope `too_large`, `does_not_apply`, `empty`, `outside_scope`, `does_not_parse`, `emptied`,
    /// `forbidden_construct`, `tests_weakened`, `error_swallowed`, `marker_removed`, `error_removed`, `constant_answer`,
    /// `unbounded_wait`, `timeout_raised`; of the build `build_failed`, `tests_failed`, `timed_out`, `too_much_written`; of the replay
    /// `contract_broken`, `no_witness`; `healthy_changed`; of causality `not_causal`, `reducible`, `too_many_hunks`.
    pub code: String,
    /// One or two sentences.
    pub why: String,
    /// The evidence (bounded): output tails, replay reports.
    #[serde(default)]
    pub evidence: serde_json::Value,
}

/// One replay and what was seen of it, from both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// Its id, as the header carried it.
    pub replay: ReplayId,
    /// The fault whose contract it was.
    pub code: FaultCode,
    /// The judgement. `Unverified` is never success.
    pub judgement: Judgement,
    /// Stable code and one sentence, for people and programs.
    pub why: String,
    /// The HTTP status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the answer took, milliseconds.
    pub took_ms: f64,
    /// Which of the contract's right answers it was, from 1; none when it was no right one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<u32>,
    /// What each witness saw.
    #[serde(default)]
    pub witnesses: Vec<WitnessReport>,
    /// How a repeated replay was decided; everything else in this report is that of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Sequence>,
    /// Where the time went.
    #[serde(default)]
    pub spans: Vec<Span>,
}

/// The judgement of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The contract was met and every witness saw it.
    Met,
    /// The contract was broken.
    Broken,
    /// The answer was right but a witness that could speak did not see it.
    NoWitness,
    /// Nothing can be said: no answer from a witness, or no contract.
    #[serde(other)]
    Unverified,
}

/// A sequence of replays of a fault that comes and goes, and what a sequential test made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// How many replays were made.
    pub replays: u64,
    /// How many were answered rightly.
    pub right: u64,
    /// How many were answered wrongly; the rest says nothing.
    pub wrong: u64,
    /// The logarithm of the likelihood ratio of healthy to broken, at the end.
    pub log_likelihood_ratio: f64,
    /// At this ratio or below the version is broken.
    pub lower: f64,
    /// At this ratio or above it is healthy.
    pub upper: f64,
    /// What was decided.
    pub decision: Decision,
    /// Each replay in its order; bounded by the contract's `at_most`.
    #[serde(default)]
    pub each: Vec<Once>,
}

/// What a sequential test decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The version is healthy, but for the stated error.
    Healthy,
    /// It is broken, but for the stated error.
    Faulty,
    /// Neither, after as many replays as are allowed, or when something ended the sequence.
    #[serde(other)]
    Undecided,
}

/// One replay of a sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Once {
    /// Its id.
    pub replay: ReplayId,
    /// Its own judgement.
    pub judgement: Judgement,
    /// The HTTP status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the answer took, milliseconds.
    pub took_ms: f64,
}

/// What one witness saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WitnessReport {
    /// Its kind, e.g. `statement_log`.
    pub kind: String,
    /// What it saw: a count, or none when it could not be asked.
    pub seen: Option<u64>,
    /// How many the contract wants at least.
    pub wanted: u64,
    /// A bounded sample of what was seen.
    #[serde(default)]
    pub sample: Vec<String>,
}

/// What a build made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Built {
    /// The tree that was built.
    pub tree: TreeId,
    /// What came of it.
    pub artefact: Digest,
    /// Where the time went.
    #[serde(default)]
    pub spans: Vec<Span>,
}
