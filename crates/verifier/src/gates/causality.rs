//! Gate 5: without the patch the symptom is there, and no part of the patch is there for nothing.

use super::check::{Checks, Judge, Judged, Refusal};
use super::replay::Replayed;
use super::{passed, refused};
use serde_json::{Value, json};
use wire::verification::{Gate, GateReport, Judgement};

/// The hunks of a patch, and what is left of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Hunks {
    /// They were not taken apart: nobody asked for it.
    NotAsked,
    /// They are more than can be tried.
    TooMany(usize),
    /// The time was over before each was tried.
    OutOfTime,
    /// Each was tried.
    Tried {
        /// How many there are.
        all: usize,
        /// The numbers, from 1, of those without which it cures as well.
        needless: Vec<usize>,
    },
}

/// What was gathered.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The contract against the version without the patch.
    pub without: Replayed,
    /// The patch taken apart.
    pub hunks: Hunks,
}

impl Evidence {
    fn told(&self) -> Value {
        let hunks = match &self.hunks {
            Hunks::NotAsked => Value::Null,
            Hunks::TooMany(all) => json!({ "all": all }),
            Hunks::OutOfTime => json!({ "out_of_time": true }),
            Hunks::Tried { all, needless } => json!({ "all": all, "needless": needless }),
        };
        json!({ "without": self.without.evidence(), "hunks": hunks })
    }
}

/// The gate's report.
pub fn report(checks: &Checks, evidence: &Evidence) -> GateReport {
    match checks.walk(|judge| if let Judge::Causality(judge) = judge { Some(judge(evidence)) } else { None }) {
        Err(refusal) => refused(Gate::Causality, refusal, evidence.told()),
        Ok(()) => {
            let why = format!("without the patch the symptom is there: {}", evidence.without.why());
            passed(Gate::Causality, why, evidence.told())
        }
    }
}

/// Without the patch the contract is broken.
pub fn is_shown(evidence: &Evidence) -> Judged {
    let why = evidence.without.why();
    match evidence.without.judgement() {
        Judgement::Broken | Judgement::NoWitness => Ok(()),
        Judgement::Met => {
            let why =
                format!("without the patch the contract is met as well ({why}): nothing shows that the patch cures");
            Err(Refusal::new("not_causal", why))
        }
        Judgement::Unverified => Err(Refusal::unverified(format!("without the patch nothing can be said: {why}"))),
    }
}

/// No hunk is there for nothing.
pub fn is_minimal(evidence: &Evidence) -> Judged {
    match &evidence.hunks {
        Hunks::NotAsked => Ok(()),
        Hunks::TooMany(all) => {
            let why = format!("the patch has {all} hunks, which are more than can be tried one by one");
            Err(Refusal::new("too_many_hunks", why))
        }
        Hunks::OutOfTime => Err(Refusal::unverified("the time was over before each hunk of the patch was tried")),
        Hunks::Tried { needless, .. } if needless.is_empty() => Ok(()),
        Hunks::Tried { all, needless } => {
            let why =
                format!("{} of {all} hunks are there for nothing: the reduced patch is another one", needless.len());
            Err(Refusal::new("reducible", why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::replay::Seen;

    fn without(judgement: Judgement) -> Replayed {
        let code = "FAULT".parse().expect("a code");
        let report = crate::replay::not_replayed(code, "it was asked".into());
        let report = wire::verification::ReplayReport { judgement, ..report };
        Replayed { seen: vec![Seen::of(None, report)], ..Replayed::default() }
    }

    #[track_caller]
    fn check(judgement: Judgement, hunks: Hunks, wanted: &str, name: &str) {
        let evidence = Evidence { without: without(judgement), hunks };
        let refused = report(&Checks::all(), &evidence);
        assert_eq!(refused.code, wanted, "{}", refused.why);
        assert_eq!(refused.passed, wanted == "ok");
        assert!(report(&Checks::all().without(name), &evidence).passed, "{name}");
    }

    #[test]
    fn the_symptom_must_be_there_without_the_patch() {
        check(Judgement::Broken, Hunks::NotAsked, "ok", "causal");
        check(Judgement::NoWitness, Hunks::NotAsked, "ok", "causal");
        check(Judgement::Met, Hunks::NotAsked, "not_causal", "causal");
        check(Judgement::Unverified, Hunks::NotAsked, "unverified", "causal");
        let nothing = Evidence { without: Replayed::not("no contract".into()), hunks: Hunks::NotAsked };
        assert_eq!(report(&Checks::all(), &nothing).code, "unverified");
    }

    #[test]
    fn no_hunk_may_be_there_for_nothing() {
        let tried = |needless| Hunks::Tried { all: 3, needless };
        check(Judgement::Broken, tried(vec![]), "ok", "minimal");
        check(Judgement::Broken, tried(vec![2]), "reducible", "minimal");
        check(Judgement::Broken, Hunks::TooMany(9), "too_many_hunks", "minimal");
        check(Judgement::Broken, Hunks::OutOfTime, "unverified", "minimal");
    }
}
