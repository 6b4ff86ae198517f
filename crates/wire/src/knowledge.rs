//! The knowledge base itself: what it holds, how it is filled and searched.

use crate::plan::{Neighbour, Remedy, Verdict};
use crate::{Digest, FaultCode};
use serde::{Deserialize, Serialize};

/// `GET /v1/documents`: what is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPage {
    /// The folder's documents first, then those that were given, then what was learned, newest first.
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
    /// Where it is from.
    pub source: DocumentSource,
    /// What kind of trouble it is about.
    pub verdict: Verdict,
    /// The fault codes it is about; empty: any.
    pub faults: Vec<FaultCode>,
}

/// Where a document is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentSource {
    /// The service's own folder.
    Folder,
    /// Somebody gave it with a seed.
    Given,
    /// A recovery ended.
    #[serde(other)]
    Learned,
}

/// `GET /v1/documents/{id}`: one document, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What the list says of it.
    #[serde(flatten)]
    pub entry: DocumentEntry,
    /// The language that its remedy is for.
    pub language: Option<String>,
    /// The symptoms, one a line.
    pub symptoms: String,
    /// Literals of its log lines.
    pub markers: Vec<String>,
    /// The diagnosis.
    pub root_cause: String,
    /// How a person would check the cure.
    pub verification: String,
    /// The cure, if there is one.
    pub remedy: Option<Remedy>,
    /// The text for people, Markdown: symptoms, breadcrumbs, steps.
    pub text: String,
    /// Of what it was read from; another text has another digest.
    pub digest: Digest,
}

/// `POST /v1/documents/seed`: brings the knowledge base up to date. Safe to repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRequest {
    /// Documents of the caller's own. Empty: the service reads its own folder again.
    #[serde(default)]
    pub documents: Vec<GivenDocument>,
}

/// A document that is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenDocument {
    /// The file's name, so that an error can name it.
    pub name: String,
    /// The file's text: front matter and Markdown.
    pub text: String,
}

/// The answer to a seed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seeded {
    /// How many were not there.
    pub added: usize,
    /// How many were there with another text.
    pub updated: usize,
    /// How many were there as they are.
    pub unchanged: usize,
    /// How many are in the folder no more.
    pub removed: usize,
    /// How many are known now, without what was learned.
    pub total: usize,
}

/// `DELETE /v1/documents/{id}`: what was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The document's id.
    pub document: String,
    /// Where it was from.
    pub source: DocumentSource,
}

/// `POST /v1/search`: what is near a text. Changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// The symptom: words, or log lines.
    pub query: String,
    /// The fault code, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<FaultCode>,
    /// How many neighbours at most; 5 when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// The answer to a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchAnswer {
    /// Which halves served: `lexical` or `lexical+semantic`.
    pub engine: String,
    /// Why a half did not serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Below this confidence nothing is proposed.
    pub min_confidence: f64,
    /// Whether the best neighbour is below it: nothing that is known fits.
    pub abstains: bool,
    /// The nearest documents, best first.
    pub neighbours: Vec<Neighbour>,
}

/// `GET /v1/status`: which halves serve, and over how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnowledgeStatus {
    /// Which halves serve: `lexical` or `lexical+semantic`.
    pub engine: String,
    /// Why a half does not serve, and what would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The digest of the model's weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Digest>,
    /// Documents of the folder and of callers.
    pub documents: usize,
    /// Lessons that are found again.
    pub lessons: usize,
    /// Passages that have a vector.
    pub vectors: usize,
    /// Passages that wait for theirs.
    pub vectors_pending: usize,
    /// Below this confidence nothing is proposed.
    pub min_confidence: f64,
}
