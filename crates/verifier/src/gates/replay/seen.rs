//! What was seen of a version: case by case, or as a running instance is asked.

use serde_json::Value;
use wire::target::{Calls, Case};
use wire::verification::{Judgement, ReplayReport};

/// How much of what is said of a case is shown, characters.
const SHOWN_WHY: usize = 600;

/// What was seen of a candidate: in a case, or as a running instance is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The case's name.
    pub case: Option<String>,
    /// The replay.
    pub report: ReplayReport,
    /// The requests with the replay's id that the case's double saw, and all connections.
    pub calls: Option<(u64, u64)>,
    /// Whether it was asked once more after it had held.
    pub again: bool,
}

impl Seen {
    /// Before any call was counted.
    pub fn of(case: Option<&Case>, report: ReplayReport) -> Self {
        Self { case: case.map(|case| case.name.clone()), report, calls: None, again: false }
    }

    /// Asked once more after it had held.
    pub fn again(case: Option<&Case>, report: ReplayReport) -> Self {
        Self { again: true, ..Self::of(case, report) }
    }

    /// Takes the calls of the case's double into account.
    pub fn count(&mut self, wanted: Option<Calls>, calls: u64, connections: u64) {
        self.calls = Some((calls, connections));
        let Some(Calls { at_least, at_most }) = wanted.filter(|_| self.report.judgement == Judgement::Met) else {
            return;
        };
        if calls < at_least {
            self.report.judgement = Judgement::NoWitness;
            let seen = format!("the double saw {calls} calls of this replay where {at_least} is the least");
            self.report.why = format!("no_witness: the answer was right, but {seen}");
        } else if let Some(most) = at_most.filter(|most| connections > *most) {
            self.report.judgement = Judgement::Broken;
            self.report.why = format!("calls: the double saw {connections} connections where {most} is the most");
        }
    }

    fn evidence(&self) -> Value {
        let ReplayReport { replay, judgement, status, took_ms, answer, witnesses, .. } = &self.report;
        let why: String = self.report.why.chars().take(SHOWN_WHY).collect();
        let (calls, connections) = self.calls.unzip();
        serde_json::json!({
            "case": self.case, "replay": replay, "judgement": judgement, "why": why, "status": status,
            "took_ms": took_ms, "answer": answer, "witnesses": witnesses, "calls": calls, "connections": connections,
        })
    }
}

/// What was gathered of a version: all that was seen, or why nothing could be asked. Nothing is asked after what does not
/// hold, so the last that was seen decides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replayed {
    /// What was seen, in order.
    pub seen: Vec<Seen>,
    /// What the version wrote, unless all was well.
    pub output: Option<Value>,
    /// Why nothing was asked.
    pub problem: Option<String>,
}

impl Replayed {
    /// Nothing could be asked.
    pub fn not(why: String) -> Self {
        Self { problem: Some(why), ..Self::default() }
    }

    /// What it comes to.
    pub fn judgement(&self) -> Judgement {
        self.seen.last().map_or(Judgement::Unverified, |last| last.report.judgement)
    }

    /// One sentence on the last that was seen.
    pub fn why(&self) -> String {
        match (self.seen.last(), &self.problem) {
            (Some(Seen { case: Some(_), report, .. }), _) if report.judgement == Judgement::Met => {
                format!("met: all {} cases hold", self.seen.iter().filter(|seen| !seen.again).count())
            }
            (Some(Seen { case: Some(case), report, .. }), _) => format!("in the case {case:?}: {}", report.why),
            (Some(_), _) => self.deciding().map(|seen| seen.report.why.clone()).unwrap_or_default(),
            (None, Some(problem)) => problem.clone(),
            (None, None) => "nothing was asked".into(),
        }
    }

    /// What does not hold, which is the last; else the last that was asked for the first time, with its witnesses.
    fn deciding(&self) -> Option<&Seen> {
        let last = self.seen.last().filter(|last| last.report.judgement != Judgement::Met);
        last.or_else(|| self.seen.iter().rev().find(|seen| !seen.again))
    }

    /// The evidence.
    pub fn evidence(&self) -> Value {
        let evidence = |of: fn(&&Seen) -> bool| self.seen.iter().filter(of).map(Seen::evidence).collect::<Vec<Value>>();
        let cases = evidence(|seen| seen.case.is_some() && !seen.again);
        let again = evidence(|seen| seen.again);
        let replay = self.deciding().map(|seen| &seen.report);
        serde_json::json!({ "replay": replay, "cases": cases, "again": again, "output": self.output })
    }
}
