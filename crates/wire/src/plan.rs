//! Plans: what `rag-gateway` answers when it is asked what to do, and what it is told afterwards.

use crate::{Digest, FaultCode, IncidentId, TargetName};
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
    /// Of the best neighbour, 0 to 1.
    pub confidence: f64,
    /// The nearest documents, best first.
    pub neighbours: Vec<Neighbour>,
}

/// A document near the query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its id.
    pub document: String,
    /// Its title.
    pub title: String,
    /// The engine's raw score.
    pub score: f64,
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
    /// What a newer writer knows; never tried.
    #[serde(other)]
    Unknown,
}

/// `PUT /v1/lessons/{incident}`: how a recovery ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// The incident.
    pub incident: IncidentId,
    /// The target.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// The language of the patchable files.
    pub language: String,
    /// The symptom's text.
    pub symptoms: String,
    /// The diagnosis.
    pub root_cause: String,
    /// The remedy that was applied.
    pub remedy: Remedy,
    /// The patch.
    pub diff: String,
    /// Whether it healed. A remedy that failed is remembered as failed.
    pub healed: bool,
}

/// The answer to a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// The document it became.
    pub document: String,
}

/// `GET /v1/documents`: what is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPage {
    /// Known cures first, then what was learned, newest first.
    pub documents: Vec<DocumentEntry>,
}

/// One document of the knowledge base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentEntry {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it holds a remedy that can be applied.
    pub has_rule: bool,
}
