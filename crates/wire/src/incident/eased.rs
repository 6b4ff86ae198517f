//! The relief of an incident.

use super::{Incident, Status};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// What eases an incident at the front, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eased {
    /// In words; empty while, or because, nobody knows whether it was put in force.
    #[serde(default)]
    pub what: String,
    /// Since when it may be in force.
    pub since: DateTime<Utc>,
    /// When it ends by itself.
    pub until: DateTime<Utc>,
    /// When it was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// When it was last looked whether the fault is over by itself; since when it is looked for, before the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<DateTime<Utc>>,
    /// How often it was looked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub looks: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Incident {
    /// Whether nothing that is known heals it, nothing was changed, and a relief is all there is: it is looked whether it is over by itself.
    pub fn is_held(&self) -> bool {
        let is_unchanged = self.acted.is_none() && self.commit.is_none();
        self.status == Status::Mitigated && self.plan.is_some() && is_unchanged && self.eased.is_some()
    }

    /// Whether a person may have it tried again, as far as its status is concerned: nothing is being tried.
    pub fn may_be_retried(&self) -> bool {
        self.status == Status::Escalated || self.is_held()
    }
}

impl Eased {
    /// Whether it may be in force, as far as the journal knows.
    pub fn stands(&self) -> bool {
        self.withdrawn_at.is_none()
    }

    /// In one sentence, for the certificate; none where nothing was put in force.
    pub fn told(&self) -> Option<String> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let to = time(self.withdrawn_at.unwrap_or(self.until));
        (!self.what.is_empty()).then(|| format!("{}, from {} to {to}", self.what, time(self.since)))
    }
}
