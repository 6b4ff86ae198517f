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
    /// It healed so often since it last did not.
    pub streak: u32,
}

impl Record {
    /// As a plan tells it; none when there is nothing to tell.
    pub fn told(self) -> Option<Track> {
        let Record { healed, failed, streak } = self;
        (healed + failed > 0).then_some(Track { healed, failed, streak })
    }

    /// Takes one more outcome in.
    pub fn take_in(&mut self, healed: bool) {
        if healed {
            (self.healed, self.streak) = (self.healed.saturating_add(1), self.streak.saturating_add(1));
        } else {
            (self.failed, self.streak) = (self.failed.saturating_add(1), 0);
        }
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

    /// How likely it heals by this experience alone, where no document tells (the rule of succession).
    pub fn expected(self) -> f64 {
        (f64::from(self.healed) + 1.0) / (f64::from(self.healed) + f64::from(self.failed) + 2.0)
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
        // A rule is worth no more than the patch that it was distilled from: when that failed, so did it. What it has not done
        // itself is no success of its own.
        let distilled = lesson.distilled.as_ref().filter(|_| !lesson.healed).map(|distilled| distilled.digest.clone());
        for digest in key(&lesson.remedy).into_iter().chain(distilled) {
            let record = self.records.entry((lesson.target.clone(), lesson.code.clone(), digest)).or_default();
            record.take_in(lesson.healed);
        }
    }

    /// The record of a remedy with what is asked about.
    pub fn of(&self, request: &PlanRequest, remedy: &Remedy) -> Record {
        let Some(digest) = key(remedy) else { return Record::default() };
        let key = (request.target.clone(), request.code.clone(), digest);
        self.records.get(&key).copied().unwrap_or_default()
    }
}

/// What a remedy's record is kept under: models are one remedy here, whatever each of them answered.
fn key(remedy: &Remedy) -> Option<Digest> {
    remedy.digest().or_else(|| matches!(remedy, Remedy::Model {}).then(|| Digest::of("model")))
}
