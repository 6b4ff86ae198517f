//! Plans: what `rag-gateway` answers when it is asked what to do, and what it is told afterwards.

mod lesson;

pub use lesson::{Distilled, Learned, Lesson};

use crate::runtime::ResourceName;
use crate::{CommitId, Digest, FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What kind of trouble an incident is. The last five never lead to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verdict {
    CodeFault,
    Dependency,
    Capacity,
    Configuration,
    UserError,
    ExpectedDenial,
    Recovered,
    Noise,
    #[serde(other)]
    Unknown,
}

impl Verdict {
    /// Whether a change may follow.
    pub fn is_actionable(self) -> bool {
        matches!(self, Verdict::CodeFault | Verdict::Dependency | Verdict::Capacity | Verdict::Configuration)
    }
}

/// `POST /v1/plans`: the symptom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The incident.
    pub incident: IncidentId,
    /// The target.
    pub target: TargetName,
    /// The language of the target's patchable files, e.g. `rust`.
    pub language: String,
    /// The fault.
    pub code: FaultCode,
    /// The sentence of the detection.
    #[serde(default)]
    pub message: String,
    /// The application's own word for the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Lines around the fault.
    #[serde(default)]
    pub context: Vec<String>,
    /// Digests of remedies that came to nothing for this very incident.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Digest>,
    /// Commits that went live shortly before the fault, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspects: Vec<Suspect>,
    /// What the target file says that the fault is, where nothing that is known says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Verdict>,
    /// The resource that the fault is about, where the target file has one with a playbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<ResourceName>,
    /// Whether a language model may be asked when nothing that is known is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub models: bool,
}

/// A commit that may have brought the fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// The commit. One with the trailer `Kintsugi-Reset` or of a recovery is never a suspect.
    pub commit: CommitId,
    /// When it went live.
    pub live_since: DateTime<Utc>,
}

/// A plan: the diagnosis and the options in the order in which they are to be tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What kind of trouble it is.
    pub verdict: Verdict,
    /// One or two sentences.
    pub root_cause: String,
    /// What was found, and how sure the retrieval is.
    pub retrieval: Retrieval,
    /// Known remedies first. Empty: nothing is known.
    pub options: Vec<PlanOption>,
}

/// What the knowledge base was asked and what it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retrieval {
    /// The query.
    pub query: String,
    /// Which halves served, e.g. `lexical`.
    pub engine: String,
    /// How sure it is that the cause is the one that is told, or, where none is, of the best neighbour: 0 to 1.
    pub confidence: f64,
    /// The nearest documents, best first.
    pub neighbours: Vec<Neighbour>,
}

/// A document near the query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its id.
    pub document: String,
    /// Its title.
    pub title: String,
    /// The engine's score, by which neighbours are ordered; scores of one answer can be compared, those of two cannot.
    pub score: f64,
    /// How sure it is that the document is about the query, calibrated on labelled queries: 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// How much the words are alike: 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical: Option<f64>,
    /// How much the meaning is alike, a cosine; absent without a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<f64>,
}

/// One option of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanOption {
    /// For people.
    pub title: String,
    /// What it is.
    pub remedy: Remedy,
    /// Computed from evidence and track record, never self-reported: 0 to 1.
    pub confidence: f64,
    /// How it is to be verified, for people.
    #[serde(default)]
    pub verification: String,
    /// What it may break and what trying it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// How it did for this fault of this target so far; none for a remedy that was never applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<Track>,
}

/// How a remedy did: what its risk is computed from, and how much it may do without a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Recoveries that were verified on live.
    pub healed: u32,
    /// Recoveries that were undone, or came back.
    pub failed: u32,
    /// Those of the first since the last of the second.
    #[serde(default)]
    pub streak: u32,
}

/// What an option may break and what trying it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// From the kind of remedy and the track record.
    pub risk: Risk,
    /// Builds until it is known whether it helps.
    pub builds: u32,
    /// Tokens of a language model; none for what is known already.
    pub tokens: u32,
}

/// How likely a remedy does harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// It healed this fault here before, and never failed.
    Low,
    /// Nothing speaks against it.
    Medium,
    /// It failed here before.
    #[serde(other)]
    High,
}

/// What an option does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remedy {
    /// A structural rewrite from the knowledge base.
    Codemod {
        /// The document that holds the rule.
        document: String,
        /// The rule in ast-grep's own schema, as JSON: `{language, rule, fix, …}`.
        rule: serde_json::Value,
        /// The digest of the rule's canonical JSON.
        digest: Digest,
    },
    /// Takes back a commit that went live shortly before the fault, as far as it touched patchable files.
    Revert {
        /// The suspect.
        commit: CommitId,
    },
    /// The playbook of a resource: runtime actions that can be taken back, no change of code.
    Playbook {
        /// The resource.
        resource: ResourceName,
    },
    /// A patch by a language model: only when nothing that is known is left.
    Model {},
    /// What a newer writer knows; never tried.
    #[serde(other)]
    Unknown,
}

impl Remedy {
    /// What makes it the same remedy again; none for what this version does not know, and for a model, which may answer
    /// otherwise the next time.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Remedy::Codemod { digest, .. } => Some(digest.clone()),
            Remedy::Revert { commit } => Some(Digest::of(format!("revert {commit}"))),
            Remedy::Playbook { resource } => Some(Digest::of(format!("playbook {resource}"))),
            Remedy::Model {} | Remedy::Unknown => None,
        }
    }
}
