//! Roll-outs: what `deployer` is asked and what it answers.

mod callback;
mod routes;

pub use callback::{Callback, CallbackStatus};
pub use routes::{FrontStats, LabelStats, Route, RouteTable};

use crate::plan::Suspect;
use crate::proposal::Proposal;
use crate::span::Span;
use crate::verification::ReplayReport;
use crate::{Authority, CommitId, Digest, FaultCode, IncidentId, TargetName, TreeId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Roll out a commit that `healer` had pushed. Answers [`Rollout`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deploy {
    /// The incident it is for.
    pub incident: IncidentId,
    /// The target.
    pub target: TargetName,
    /// The commit; it must be the branch's head.
    pub commit: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// The verified artefact; none for a revert, whose tree was built before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Digest>,
    /// `Heal` replays the fault's contract on green before the switch, `Plain` checks health only.
    pub mode: Mode,
    /// The lease and the epoch.
    pub authority: Authority,
}

/// How a roll-out is checked before the switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Mode {
    /// Health only: a reset, a revert, a developer's push.
    Plain,
    /// Health and the contract of the fault.
    Heal {
        /// Whose contract.
        code: FaultCode,
    },
}

/// How a roll-out ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// The target.
    pub target: TargetName,
    /// The commit.
    pub commit: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// What runs; none where a pipeline built it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Digest>,
    /// Who says that it is live, where a pipeline rolled it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_by: Option<ToldBy>,
    /// How it ended.
    pub outcome: RolloutOutcome,
    /// One sentence.
    pub why: String,
    /// When green was healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy_at: Option<DateTime<Utc>>,
    /// When traffic went to green.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_at: Option<DateTime<Utc>>,
    /// The replay on green, in mode `Heal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<ReplayReport>,
    /// Where the time went.
    #[serde(default)]
    pub spans: Vec<Span>,
}

impl Rollout {
    /// Whether what is live is what was verified: that very artefact, or, where a pipeline built it, that very tree.
    pub fn is_of(&self, proposal: &Proposal) -> bool {
        match (&self.artefact, self.told_by) {
            (Some(artefact), _) => *artefact == proposal.artefact,
            (None, Some(ToldBy::Pipeline | ToldBy::Target)) => self.tree == proposal.tree,
            (None, Some(ToldBy::Unknown) | None) => false,
        }
    }
}

/// Who says that a commit is live that the platform did not roll out itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// Only the pipeline.
    Pipeline,
    /// The target itself, too.
    Target,
    /// What a newer writer knows.
    #[serde(other)]
    Unknown,
}

/// How a roll-out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolloutOutcome {
    /// The commit is live.
    Live,
    /// Green failed before the switch; traffic was never touched.
    Refused,
    /// The switch was undone; the former version is live again.
    RolledBack,
    /// The branch has moved on, or a newer epoch began; nothing was done.
    Superseded,
    /// What a newer writer knows; never success.
    #[serde(other)]
    Unknown,
}

/// `GET /v1/rollouts/{target}`: what runs now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Live {
    pub target: TargetName,
    pub commit: CommitId,
    pub tree: TreeId,
    /// None where a pipeline built it, as is the colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    pub port: u16,
    /// 0 where it is no process of the deployer's machine.
    pub pid: i32,
    pub since: DateTime<Utc>,
    /// How many roll-outs have gone live, over the life of the stack.
    pub rollouts: i64,
    /// Why the branch's head is not what runs, when its roll-out failed and waits for the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<crate::Problem>,
}

impl Live {
    /// Who answers when traffic is led to it by the route table; none where a pipeline sees to that.
    pub fn answerer(&self) -> Option<Answerer> {
        let label = label(&self.target, self.colour?, &self.commit);
        Some(Answerer { upstream: upstream(self.port), label })
    }
}

/// An instance as the route table names it, which is also how the front knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answerer {
    /// See [`Route::upstream`].
    pub upstream: String,
    /// See [`Route::label`].
    pub label: String,
}

impl std::fmt::Display for Answerer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.label, self.upstream)
    }
}

/// Where an instance on a port of this machine answers.
pub fn upstream(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// An instance's name in the route table and in the front's counters.
pub fn label(target: &TargetName, colour: Colour, commit: &CommitId) -> String {
    let short: String = commit.as_str().chars().take(7).collect();
    format!("{target}/{}/{short}", colour.as_str())
}

/// `GET /v1/rollouts/{target}/suspects?before=…&within_s=…`: what a developer had pushed and what went live in that time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Suspects {
    /// Newest first.
    pub suspects: Vec<Suspect>,
}

/// The two places an instance can stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Colour {
    Blue,
    Green,
}

impl Colour {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Colour::Blue => Colour::Green,
            Colour::Green => Colour::Blue,
        }
    }

    /// As it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Colour::Blue => "blue",
            Colour::Green => "green",
        }
    }
}
