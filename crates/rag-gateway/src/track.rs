//! The track record: how often a remedy healed a fault of a target, and how often it did not.

use std::collections::HashMap;
use wire::plan::{Lesson, PlanRequest, Remedy, Risk, Track};
use wire::{Digest, FaultCode, TargetName};

/// How often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    /// It healed.
    pub healed: u32,
    /// It did not.
    pub failed: u32,
}

impl Record {
    /// As a plan tells it; none when there is nothing to tell.
    pub fn told(self) -> Option<Track> {
        let Record { healed, failed } = self;
        (healed + failed > 0).then_some(Track { healed, failed })
    }

    /// Whether it failed more often than it healed: then it is tried last.
    pub fn is_bad(self) -> bool {
        self.failed > self.healed
    }

    /// How likely it does harm.
    pub fn risk(self) -> Risk {
        match self {
            Record { failed: 1.., .. } => Risk::High,
            Record { healed: 0, .. } => Risk::Medium,
            Record { .. } => Risk::Low,
        }
    }

    /// A confidence with this experience: each success takes a part of the doubt, each failure a part of the confidence.
    pub fn weigh(self, confidence: f64) -> f64 {
        let doubt = (1.0 - confidence) / (1.0 + f64::from(self.healed));
        let all = f64::from(self.healed + self.failed);
        (1.0 - doubt) * (f64::from(self.healed) + 1.0) / (all + 1.0)
    }
}

/// All records. A rule that was edited has another digest and begins anew.
#[derive(Debug, Clone, Default)]
pub struct TrackRecord {
    records: HashMap<(TargetName, FaultCode, Digest), Record>,
}

impl TrackRecord {
    /// Takes a lesson in.
    pub fn add(&mut self, lesson: &Lesson) {
        let Remedy::Codemod { digest, .. } = &lesson.remedy else { return };
        let key = (lesson.target.clone(), lesson.code.clone(), digest.clone());
        let record = self.records.entry(key).or_default();
        if lesson.healed {
            record.healed = record.healed.saturating_add(1);
        } else {
            record.failed = record.failed.saturating_add(1);
        }
    }

    /// The record of a remedy with what is asked about.
    pub fn of(&self, request: &PlanRequest, remedy: &Remedy) -> Record {
        let Remedy::Codemod { digest, .. } = remedy else { return Record::default() };
        let key = (request.target.clone(), request.code.clone(), digest.clone());
        self.records.get(&key).copied().unwrap_or_default()
    }
}
