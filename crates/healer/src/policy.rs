//! How much may be done, how often, and when again. Pure.

use chrono::{DateTime, Utc};
use serde_json::json;
use std::time::Duration;
use wire::Digest;
use wire::event::Step;
use wire::incident::Incident;
use wire::target::{Autonomy, Catalogue, Earn, ReplayPermission};

/// However short the waits are: a failure that may pass is tried again so many times in a row at most.
const MAX_PATIENT: u32 = 32;

/// The bounds that hold for every target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// How often a step that gives no result is begun.
    pub attempts: u32,
    /// For how long it is begun again, however often, while what hinders it may pass by itself.
    pub patience: Duration,
    /// How often an option is proposed again because the branch moved.
    pub base_moves: u32,
    /// The wait after the first failure.
    pub retry_min: Duration,
    /// The longest wait.
    pub retry_max: Duration,
    /// How many changes may be made on one target in an hour.
    pub remedies_per_hour: u32,
    /// How long an approval is waited for.
    pub approval: Duration,
    /// Below this confidence of an option a person is asked.
    pub min_confidence: f64,
}

/// What holds for one incident. Its digest is journaled with every intention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// How much may be done without a person, as configured for the fault or its target.
    pub autonomy: Autonomy,
    /// When a remedy has earned more.
    pub earn: Option<Earn>,
    /// Where the fault's contract may be replayed.
    pub replay: ReplayPermission,
    /// Whether the target file has a relief for the fault.
    pub relief: bool,
    /// The bounds.
    pub limits: Limits,
}

impl Policy {
    /// The policy for an incident. A target that the catalogue does not have is only observed, and a fault without a
    /// contract is never replayed.
    pub fn of(catalogue: &Catalogue, limits: Limits, incident: &Incident) -> Self {
        let target = catalogue.get(&incident.target);
        let contract = target.and_then(|target| target.contract(&incident.code));
        Self {
            autonomy: target.map_or(Autonomy::Observe, |target| {
                target.fault(&incident.code).and_then(|fault| fault.autonomy).unwrap_or(target.autonomy)
            }),
            earn: target.and_then(|target| target.earn),
            replay: contract.map_or(ReplayPermission::Never, |contract| contract.replay),
            relief: target
                .and_then(|target| target.fault(&incident.code))
                .is_some_and(|fault| !fault.relief.is_empty()),
            limits,
        }
    }

    /// The digest of its canonical JSON.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&json!({
            "autonomy": self.autonomy,
            "earn": self.earn,
            "min_confidence": self.limits.min_confidence,
            "replay": self.replay,
            "relief": self.relief,
            "attempts": self.limits.attempts,
            "patience_ms": self.limits.patience.as_millis() as u64,
            "base_moves": self.limits.base_moves,
            "retry_min_ms": self.limits.retry_min.as_millis() as u64,
            "retry_max_ms": self.limits.retry_max.as_millis() as u64,
            "remedies_per_hour": self.limits.remedies_per_hour,
            "approval_s": self.limits.approval.as_secs(),
        }))
    }

    /// Whether a step failed so often, or for so long, that it is not begun again. A failure that may pass by itself, such as
    /// a remote that does not answer, is waited out: its last attempt comes after the whole patience.
    pub fn is_at_its_end(&self, incident: &Incident) -> bool {
        let failures = incident.failures_in_a_row;
        if failures < self.limits.attempts {
            return false;
        }
        let lasted = incident.failing_since.zip(incident.failed_at).map(|(since, last)| last - since);
        let patience = chrono::TimeDelta::from_std(self.limits.patience).unwrap_or(chrono::TimeDelta::MAX);
        !incident.may_pass || failures >= MAX_PATIENT || lasted.is_none_or(|lasted| lasted >= patience)
    }

    /// When the step that failed last may be begun again: the wait doubles with every failure in a row, and between half
    /// and all of it is taken, by a hash of what failed, so that many incidents do not come back at one moment.
    pub fn again_at(&self, incident: &Incident, step: Step) -> Option<DateTime<Utc>> {
        let failed_at = incident.failed_at.filter(|_| incident.failures_in_a_row > 0)?;
        let doublings = (incident.failures_in_a_row - 1).min(16);
        let whole = self.limits.retry_min.saturating_mul(1 << doublings).min(self.limits.retry_max);
        let attempt = incident.attempts.get(&step).copied().unwrap_or(0);
        let wait = whole.mul_f64(0.5 + 0.5 * fraction(&format!("{}/{}-{attempt}", incident.id, step.as_str())));
        Some(failed_at + chrono::TimeDelta::from_std(wait).unwrap_or_default())
    }
}

/// A number from 0 to 1 that a text decides.
fn fraction(text: &str) -> f64 {
    let digest = Digest::of(text);
    let head = digest.as_str().get(..8).and_then(|head| u32::from_str_radix(head, 16).ok());
    f64::from(head.unwrap_or(0)) / f64::from(u32::MAX)
}
