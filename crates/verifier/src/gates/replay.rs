//! Gate 3: the request that failed meets its contract, and others have seen it. The judgement is the same for a candidate
//! in the sandbox and for a running instance.

mod seen;

pub use seen::{Replayed, Seen};

use super::check::{Checks, Judge, Judged, Refusal};
use super::{passed, refused};
use crate::nonce::Nonce;
use serde_json::Value;
use std::collections::BTreeSet;
use wire::relief::RELIEF_HEADER;
use wire::rollout::Answerer;
use wire::target::{Contract, Expectation};
use wire::verification::{Gate, GateReport, Judgement, WitnessReport};

/// How much of a wrong member is shown, characters.
const SHOWN: usize = 200;

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
    /// The body as a text.
    pub text: String,
    /// What it says that the body is.
    pub content_type: Option<String>,
    /// Who gave it, by the front's word.
    pub answered_by: Option<Answerer>,
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
    if answer.headers.iter().any(|name| name.eq_ignore_ascii_case(RELIEF_HEADER)) {
        let why = "eased: a relief of the front gave this answer, which says nothing of the version";
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

/// The gate's report on a candidate.
pub fn report(checks: &Checks, replayed: &Replayed) -> GateReport {
    match checks.walk(|judge| if let Judge::Replay(judge) = judge { Some(judge(replayed)) } else { None }) {
        Err(refusal) => refused(Gate::Replay, refusal, replayed.evidence()),
        Ok(()) => passed(Gate::Replay, replayed.why(), replayed.evidence()),
    }
}

/// The contract was kept.
pub fn is_met(replayed: &Replayed) -> Judged {
    match replayed.judgement() {
        Judgement::Met | Judgement::NoWitness => Ok(()),
        Judgement::Broken => Err(Refusal::new("contract_broken", replayed.why())),
        Judgement::Unverified => Err(Refusal::unverified(replayed.why())),
    }
}

/// Others have seen it.
pub fn is_witnessed(replayed: &Replayed) -> Judged {
    match replayed.judgement() {
        Judgement::NoWitness => Err(Refusal::new("no_witness", replayed.why())),
        _ => Ok(()),
    }
}

/// The contract as it would be if nobody looked.
pub fn unwitnessed(mut contract: Contract) -> Contract {
    let cases = contract.cases.iter_mut();
    let of_cases = cases.flat_map(|case| {
        if let Some(calls) = &mut case.calls {
            calls.at_least = 0;
        }
        &mut case.answers
    });
    contract.answers.iter_mut().chain(of_cases).for_each(|answer| answer.witnesses.clear());
    contract
}

#[cfg(test)]
mod tests;
