//! Proposals: what `patcher` makes of an option, and what it pushes.

use crate::plan::{Distilled, PlanOption};
use crate::verification::GateReport;
use crate::{Authority, CommitId, Digest, FaultCode, IncidentId, TargetName, TreeId};
use serde::{Deserialize, Serialize};

/// What `patcher` is asked to do under one operation key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum PatchTask {
    /// Make a candidate of an option and have it verified. Answers [`ProposeOutcome`].
    Propose(Propose),
    /// Push an admitted proposal. Answers [`PushOutcome`].
    Push(Push),
    /// Revert a pushed proposal. Answers [`PushOutcome`].
    Revert(Revert),
    /// Restore the original fault files. Asked by `incident-store` only. Answers [`PushOutcome`].
    Reset(Reset),
}

/// Make a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Propose {
    pub incident: IncidentId,
    pub target: TargetName,
    pub code: FaultCode,
    pub option: PlanOption,
    pub authority: Authority,
    /// What was seen of the fault: only for an option that has to understand it, which a known rule need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<Box<Symptom>>,
}

/// What was seen of a fault, for whoever has to understand it. Texts of a log: data, whatever they say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Symptom {
    /// The sentence of the detection.
    pub message: String,
    /// The application's own word for the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The line itself, and then the lines around it.
    pub lines: Vec<String>,
    /// Why what was tried for this incident came to nothing, oldest first.
    pub refusals: Vec<String>,
}

/// Push an admitted proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Push {
    pub incident: IncidentId,
    pub code: FaultCode,
    pub proposal: Proposal,
    pub authority: Authority,
    /// The W3C trace context, for the commit's trailer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
}

/// Revert a commit of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Revert {
    pub incident: IncidentId,
    pub target: TargetName,
    pub code: FaultCode,
    pub commit: CommitId,
    pub why: String,
    pub authority: Authority,
}

/// Restore the original fault files of a target for a new epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Reset {
    pub target: TargetName,
    pub epoch: crate::Epoch,
}

/// An admitted change. Its digest binds approval, push and roll-out to exactly this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// [`Proposal::digest_of`] its target, fault, base and diff.
    pub digest: Digest,
    /// The target.
    pub target: TargetName,
    /// The commit it was made on.
    pub base: CommitId,
    /// A git-style unified diff.
    pub diff: String,
    /// The files it touches.
    pub files: Vec<String>,
    /// The tree that results; the commit that is pushed has exactly this tree.
    pub tree: TreeId,
    /// What the verifier built of that tree; the deployer runs exactly this.
    pub artefact: Digest,
    /// Where it comes from: `codemod <document>`, `revert <commit>`, `model <provider>/<model>`.
    pub origin: String,
    /// The gates it passed, with their evidence.
    pub gates: Vec<GateReport>,
    /// The rule that a model's patch was distilled into, if it could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distilled: Option<Box<Distilled>>,
}

impl Proposal {
    /// The digest of a change that is to cure a fault: the verdict on it is one about this fault's contract.
    pub fn digest_of(target: &TargetName, code: &FaultCode, base: &CommitId, diff: &str) -> Digest {
        let [target, code, base] = [target.as_str(), code.as_str(), base.as_str()].map(str::as_bytes);
        Digest::of_parts([target, code, base, diff.as_bytes()])
    }
}

/// The answer to [`Propose`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ProposeOutcome {
    /// The candidate passed every gate.
    Admitted(Proposal),
    /// No candidate could be made, or a gate refused it.
    Refused(Refusal),
}

/// Why an option came to nothing. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable: `no_match`, `scope`, `build`, `tests`, `replay`, `witness`, `base_moved`, `push_rejected`, …
    pub code: String,
    /// One or two sentences.
    pub why: String,
    /// The diff that was refused, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The gates that ran.
    #[serde(default)]
    pub gates: Vec<GateReport>,
}

/// The answer to a push, a revert or a reset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum PushOutcome {
    /// The commit is on the branch.
    Pushed(PushedCommit),
    /// There was nothing to change (a reset of unchanged files, a revert that stands already).
    Unchanged {
        /// The branch's head.
        head: CommitId,
        /// Its tree.
        tree: TreeId,
    },
    /// The remote or a check said no. Nothing was changed.
    Refused(Refusal),
}

/// A commit on the branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedCommit {
    /// The commit.
    pub commit: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// Whether an earlier attempt had made it already.
    #[serde(default)]
    pub found: bool,
}
