//! A hand-over as its caller sees it: where it stands, what is told on the way, and the answer.

use super::HandoverId;
use crate::incident::Status;
use crate::{FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /v1/operations`, `GET /v1/operations/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    /// Its id.
    pub id: HandoverId,
    /// The target that was called.
    pub target: TargetName,
    /// The call in a few words, without what could be a secret.
    pub call: String,
    /// Where it stands.
    pub state: State,
    /// When it was taken in.
    pub accepted_at: DateTime<Utc>,
    /// Before this it is answered.
    pub deadline: DateTime<Utc>,
    /// The incident that it belongs to, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// How often the call was repeated, and what came of it.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// The answer, at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// What was told after the place that the reader named (`?after=`), in order.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// Where a hand-over stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The incident that it belongs to is looked for.
    Accepted,
    /// The incident is worked on.
    Healing,
    /// The call is on its way again.
    Retrying,
    /// It is answered.
    Ended,
}

/// One repetition of the call: the intention is kept before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// When it was to be sent.
    pub at: DateTime<Utc>,
    /// Whether only a relief stood then, and the cure was still open.
    #[serde(default)]
    pub mitigated: bool,
    /// The status of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether it was never known what came of it: who sent it died on the way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// What a hand-over came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The repeated call was answered well.
    Succeeded,
    /// It was not: not healed in time, or not well after it was.
    Failed,
    /// The call was sent again, and nobody knows what came of it.
    Unverified,
    /// What failed it is healed; the call itself was not repeated, as its caller did not allow it.
    NotRetried,
}

impl Outcome {
    /// As it stands in JSON and in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Unverified => "unverified",
            Outcome::NotRetried => "not_retried",
        }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What it came to.
    pub outcome: Outcome,
    /// In one sentence.
    pub message: String,
    /// Whether the answer was had while only a relief stood: the cure is still open, and the answer may be an older one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mitigated: bool,
    /// The answer of the repeated call; of one that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// What was found out; of one that did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Box<Diagnosis>>,
}

/// The answer of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// A few of its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body, as text.
    pub body: String,
    /// Whether the body was longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// What a caller is told instead of a raw error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The incident, where the call was found to belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Its fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<FaultCode>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The cause, as far as it is known.
    pub root_cause: String,
    /// What was tried, and why it came to nothing.
    #[serde(default)]
    pub tried: Vec<String>,
    /// What was seen. Untrusted text.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// What a person should do.
    pub advice: String,
    /// The incident's own diagnosis, where it has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What a caller is told on the way; as Server-Sent Events `id` is the place, `event` the name, and `data` this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its place, from 1 and without a gap.
    pub place: u32,
    /// What it is.
    pub name: NoticeName,
    /// When.
    pub at: DateTime<Utc>,
    /// In one sentence. Untrusted text.
    pub text: String,
    /// The event of the incident's journal that it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<crate::Position>,
    /// The answer, with the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Box<Answer>>,
}

/// The names of what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum NoticeName {
    HealingStarted,
    HealingDiagnosed,
    HealingProgress,
    HealingMitigated,
    HealingRetrying,
    HealingSucceeded,
    HealingFailed,
}

impl NoticeName {
    /// As it stands in a stream.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeName::HealingStarted => "healing_started",
            NoticeName::HealingDiagnosed => "healing_diagnosed",
            NoticeName::HealingProgress => "healing_progress",
            NoticeName::HealingMitigated => "healing_mitigated",
            NoticeName::HealingRetrying => "healing_retrying",
            NoticeName::HealingSucceeded => "healing_succeeded",
            NoticeName::HealingFailed => "healing_failed",
        }
    }

    /// Whether nothing comes after it.
    pub fn is_last(self) -> bool {
        matches!(self, NoticeName::HealingSucceeded | NoticeName::HealingFailed)
    }
}
