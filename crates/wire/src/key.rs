//! The idempotency key of an operation.

use crate::IncidentId;
use crate::ids::{InvalidId, is_name};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The idempotency key of an operation: `scope/step`, e.g. `<incident>/push-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OperationKey {
    /// What the operation belongs to: an incident's id, or `reset-<epoch>`.
    pub scope: String,
    /// The step within it, e.g. `push-1`.
    pub step: String,
}

impl OperationKey {
    /// A key from its two parts.
    ///
    /// # Errors
    /// When a part is not 1 to 96 of `A-Z a-z 0-9 - _ .`.
    pub fn new(scope: impl Into<String>, step: impl Into<String>) -> Result<Self, InvalidId> {
        let (scope, step) = (scope.into(), step.into());
        for part in [&scope, &step] {
            if !is_name(part, 96, "-_.") {
                let got = part.chars().take(80).collect();
                return Err(InvalidId { kind: "operation key", got, expected: "1 to 96 of A-Z a-z 0-9 - _ ." });
            }
        }
        Ok(Self { scope, step })
    }

    /// The key of an incident's step. Always valid.
    pub fn of_step(incident: IncidentId, step: crate::event::Step, attempt: u32) -> Self {
        Self { scope: incident.to_string(), step: format!("{}-{attempt}", step.as_str()) }
    }
}

impl fmt::Display for OperationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scope, self.step)
    }
}
