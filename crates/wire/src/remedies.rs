//! What was done on a target of late, so that nobody does too much in too short a time.

use crate::event::Step;
use crate::{FaultCode, IncidentId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// For how long back what was done is told.
pub const TOLD_FOR: TimeDelta = TimeDelta::hours(1);

/// `GET /v1/remedies/{target}`: every change of the last hour in this epoch, whichever incident it was for: a push, and a playbook's remedies. A
/// reset begins anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRemedies {
    /// Oldest first.
    pub remedies: Vec<RecentRemedy>,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRemedy {
    /// For which incident.
    pub incident: IncidentId,
    /// Of which fault.
    pub code: FaultCode,
    /// [`Step::Push`] or [`Step::Act`].
    pub step: Step,
    /// When it was done.
    pub at: DateTime<Utc>,
}
