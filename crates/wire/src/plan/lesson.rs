//! What is told of a recovery that ended, and what was learned of it.

use super::Remedy;
use crate::{Digest, FaultCode, IncidentId, TargetName};
use serde::{Deserialize, Serialize};

/// A structural rule that was distilled from a patch, and how it was tried before anybody relies on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distilled {
    /// The rule in ast-grep's own schema, as JSON: `{language, rule, fix, …}`.
    pub rule: serde_json::Value,
    /// The digest of the rule's canonical JSON.
    pub digest: Digest,
    /// Where it comes from, for people: `model anthropic/…`.
    pub provenance: String,
    /// Variants of the faulty text on which it was tried.
    pub variants: u32,
    /// Those that it cured as the patch cured the original.
    pub cured: u32,
    /// Healthy files on which it was tried.
    pub healthy: u32,
    /// Those that it would have changed: more than none, and it is not kept.
    pub fired: u32,
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
    /// The rule that was distilled from the patch, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distilled: Option<Distilled>,
}

/// The answer to a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// The document it became.
    pub document: String,
}
