//! Gate 3: the request that failed meets its contract, and others have seen it. The judgement is the same for a candidate
//! in the sandbox and for a running instance.

use super::{passed, refused};
use crate::nonce::Nonce;
use serde_json::Value;
use std::collections::BTreeSet;
use wire::target::{Calls, Case, Expectation};
use wire::verification::{Gate, GateReport, Judgement, ReplayReport, UNVERIFIED, WitnessReport};

/// How much of a wrong member is shown, characters.
const SHOWN: usize = 200;
/// How much of what is said of a case is shown, characters.
const SHOWN_WHY: usize = 600;

/// What came back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The status, if there was a complete answer.
    pub status: Option<u16>,
    /// How long it took, milliseconds.
    pub took_ms: f64,
    /// The names of its headers that are not empty.
    pub headers: Vec<String>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// Why there was no complete answer.
    pub problem: Option<String>,
    /// The connection was refused, or closed before there was an answer.
    pub lost: bool,
    /// Nobody has listened there for as long as we waited: nothing can be said of the instance behind.
    pub unreachable: bool,
}

/// Which of the right answers it is: the first that fits.
///
/// # Errors
/// What can be said instead: a stable code and a sentence.
pub fn fitting(answers: &[Expectation], answer: &Answer, nonce: Option<Nonce>) -> Result<usize, (Judgement, String)> {
    if answer.unreachable {
        let why = "unreachable: nobody listens where the live version should answer";
        return Err((Judgement::Unverified, why.into()));
    }
    let broken = |why: String| (Judgement::Broken, why);
    let Some(status) = answer.status else {
        let why = answer.problem.as_deref().unwrap_or("no answer");
        return Err(broken(format!("no_answer: {why}")));
    };
    let mut near = Vec::new();
    for (at, right) in answers.iter().enumerate().filter(|(_, right)| right.status == status) {
        match meets(right, answer, nonce) {
            Ok(()) => return Ok(at),
            Err(why) => near.push(why),
        }
    }
    if near.is_empty() {
        let right: BTreeSet<String> = answers.iter().map(|right| right.status.to_string()).collect();
        let right = right.into_iter().collect::<Vec<_>>().join(" or ");
        return Err(broken(format!("status: the answer was {status} where {right} is right")));
    }
    Err(broken(near.join("; or ")))
}

fn meets(right: &Expectation, answer: &Answer, nonce: Option<Nonce>) -> Result<(), String> {
    if answer.took_ms > right.deadline_ms as f64 {
        return Err(format!("deadline: the answer took {:.0} ms of {} ms", answer.took_ms, right.deadline_ms));
    }
    let member = |pointer: &str| answer.body.as_ref().and_then(|body| body.pointer(pointer));
    let shown = |got: Option<&Value>| {
        got.map_or_else(|| "nothing".into(), |got| got.to_string().chars().take(SHOWN).collect::<String>())
    };
    for (pointer, wanted) in &right.json {
        let got = member(pointer);
        if !got.is_some_and(|got| Nonce::fits(nonce, wanted, got)) {
            return Err(format!("json: {pointer} holds {} where {wanted} is right", shown(got)));
        }
    }
    if let Some(pointer) = right.absent.iter().find(|pointer| member(pointer).is_some()) {
        return Err(format!("json: {pointer} holds {} where nothing is right", shown(member(pointer))));
    }
    if let Some(name) =
        right.headers.iter().find(|name| !answer.headers.iter().any(|got| got.eq_ignore_ascii_case(name)))
    {
        return Err(format!("header: the answer has no {name}"));
    }
    Ok(())
}

/// Judges an answer by what its witnesses saw. The text is a stable code and a sentence.
pub fn judge(
    fit: Result<usize, (Judgement, String)>,
    alternatives: usize,
    witnesses: &[WitnessReport],
) -> (Judgement, String) {
    let at = match fit {
        Ok(at) => at,
        Err(said) => return said,
    };
    if let Some(mute) = witnesses.iter().find(|witness| witness.seen.is_none()) {
        return (Judgement::Unverified, format!("witness_mute: the witness {} could not be asked", mute.kind));
    }
    let missing = witnesses.iter().find(|witness| witness.seen.unwrap_or(0) < witness.wanted.max(1));
    if let Some(WitnessReport { kind, seen, wanted, .. }) = missing {
        let seen = seen.unwrap_or(0);
        let why =
            format!("no_witness: the answer was right, but the witness {kind} saw {seen} where {wanted} is the least");
        return (Judgement::NoWitness, why);
    }
    let which = match alternatives {
        1 => String::new(),
        _ => format!(" (number {} of the contract's)", at + 1),
    };
    let seen = if witnesses.is_empty() { ", and it needs no witness" } else { ", and every witness saw it" };
    (Judgement::Met, format!("met: the answer was right{which}{seen}"))
}

/// What was seen of a candidate: in a case, or as a running instance is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The case's name.
    pub case: Option<String>,
    /// The replay.
    pub report: ReplayReport,
    /// The requests with the replay's id that the case's double saw, and all connections.
    pub calls: Option<(u64, u64)>,
}

impl Seen {
    /// Before any call was counted.
    pub fn of(case: Option<&Case>, report: ReplayReport) -> Self {
        Self { case: case.map(|case| case.name.clone()), report, calls: None }
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

/// The gate's report on a candidate: the last that was seen decides, since nothing is asked after what does not hold.
pub fn report(seen: &[Seen], output: Option<Value>) -> GateReport {
    let Some(last) = seen.last() else { return unverified("nothing was asked of the candidate".into()) };
    let cases: Vec<Value> = seen.iter().filter(|seen| seen.case.is_some()).map(Seen::evidence).collect();
    let evidence = serde_json::json!({ "replay": last.report, "cases": cases, "output": output });
    let why = match &last.case {
        Some(_) if last.report.judgement == Judgement::Met => format!("met: all {} cases hold", cases.len()),
        Some(case) => format!("in the case {case:?}: {}", last.report.why),
        None => last.report.why.clone(),
    };
    let code = match last.report.judgement {
        Judgement::Met => return passed(Gate::Replay, why, evidence),
        Judgement::Broken => "contract_broken",
        Judgement::NoWitness => "no_witness",
        Judgement::Unverified => UNVERIFIED,
    };
    refused(Gate::Replay, code, why, evidence)
}

/// The report when there is nothing to replay.
pub fn unverified(why: String) -> GateReport {
    refused(Gate::Replay, UNVERIFIED, why, Value::Null)
}

#[cfg(test)]
mod tests;
