//! What a playbook would do, in full, so that a person can approve just that.

use super::{Action, Invariant, Remedy, ResourceName, Undo};
use crate::{Digest, FaultCode, IncidentId, TargetName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;

/// Look at a resource, change nothing, and say what its playbook would do. Answers [`Prepared`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepare {
    /// The incident it is for: what was tried for it is not told again.
    pub incident: IncidentId,
    /// The target.
    pub target: TargetName,
    /// The fault; the target file names the resource that it is about.
    pub code: FaultCode,
}

/// What was seen, and what would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// What would be done; without remedies where nothing can be.
    pub intent: Intent,
    /// What was seen.
    pub seen: Vec<Invariant>,
    /// Whether something that was done for the incident before stands.
    pub kept: bool,
    /// What a person has to know or to do.
    #[serde(default)]
    pub advice: Vec<String>,
}

/// What a playbook would do. One that is approved is done just so, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Of everything that decides what is done: the target, the fault, the resource with its mode, what does not hold, and the remedies in
    /// order, each with its parameters and its undo. Not of the words for people, in which sizes and times stand.
    pub digest: Digest,
    /// The target.
    pub target: TargetName,
    /// The fault.
    pub code: FaultCode,
    /// The resource.
    pub resource: ResourceName,
    /// The kind of resource, which names the playbook, e.g. `configuration`.
    pub mode: String,
    /// The names of the invariants that do not hold, or of which nobody can tell.
    pub lost: Vec<String>,
    /// What is tried, in this order, until it is well; what makes nothing better is taken back.
    pub remedies: Vec<Remedy>,
    /// What is wrong, one or two sentences.
    #[serde(default)]
    pub diagnosis: String,
    /// When the journal heard of it.
    #[serde(default)]
    pub at: DateTime<Utc>,
}

impl Intent {
    /// With its digest.
    pub fn sealed(self) -> Self {
        Self { digest: self.own_digest(), ..self }
    }

    /// Whether the digest is of what stands here.
    pub fn is_whole(&self) -> bool {
        self.digest == self.own_digest()
    }

    /// Whether what is seen and would be done now is what stands here.
    pub fn is_for(&self, seen: &[Invariant], remedies: &[Remedy]) -> bool {
        let same = self.remedies.iter().zip(remedies).all(|(own, other)| core(own) == core(other));
        lost(seen) == self.lost && self.remedies.len() == remedies.len() && same
    }

    /// Whether this remedy is one of those that stand here.
    pub fn has(&self, remedy: &Remedy) -> bool {
        self.remedies.iter().any(|own| core(own) == core(remedy))
    }

    /// What is done and how it is taken back, for people: two lines a remedy.
    pub fn lines(&self) -> Vec<String> {
        let told = (1..).zip(&self.remedies).flat_map(|(place, remedy)| {
            let stays = if remedy.lasts { "" } else { "; for the time being" };
            [format!("{place}. {} ({}{stays})", remedy.title, remedy.action), format!("   undo: {}", remedy.undo)]
        });
        told.collect()
    }

    fn own_digest(&self) -> Digest {
        Digest::of_json(&json!({
            "target": self.target,
            "code": self.code,
            "resource": self.resource,
            "mode": self.mode,
            "lost": self.lost,
            "remedies": self.remedies.iter().map(core).collect::<Vec<_>>(),
        }))
    }
}

/// The names of what does not hold, or of which nobody can tell.
pub fn lost(seen: &[Invariant]) -> Vec<String> {
    let lost = seen.iter().filter(|invariant| invariant.holds != Some(true));
    lost.map(|invariant| invariant.name.clone()).collect()
}

/// What a remedy does, without the words for people.
fn core(remedy: &Remedy) -> Value {
    json!({ "action": remedy.action, "undo": remedy.undo, "lasts": remedy.lasts })
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(Value::Object(mut parts)) = serde_json::to_value(self) else { return f.write_str("unknown") };
        let name = parts.remove("do").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        f.write_str(&name)?;
        for (key, value) in &parts {
            write!(f, " {key}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))?;
        }
        Ok(())
    }
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Undo::Inverse { action } => write!(f, "{action}"),
            Undo::Compensate { action } => write!(f, "made good by {action}"),
            Undo::NotNeeded { reason } => write!(f, "not needed: {reason}"),
        }
    }
}
