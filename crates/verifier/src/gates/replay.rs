//! Gate 3: the request that failed meets its contract, and others have seen it. The judgement is the same for a candidate
//! in the sandbox and for a running instance.

use super::{passed, refused};
use serde_json::Value;
use wire::target::Contract;
use wire::verification::{Gate, GateReport, Judgement, ReplayReport, WitnessReport};

/// What came back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The status, if there was a complete answer.
    pub status: Option<u16>,
    /// How long it took, milliseconds.
    pub took_ms: f64,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// Why there was no complete answer.
    pub problem: Option<String>,
    /// The connection was refused, or closed before there was an answer.
    pub lost: bool,
    /// Nobody has listened there for as long as we waited: nothing can be said of the instance behind.
    pub unreachable: bool,
}

/// Judges an answer and its witnesses. The text is a stable code and a sentence.
pub fn judge(contract: &Contract, answer: &Answer, witnesses: &[WitnessReport]) -> (Judgement, String) {
    if answer.unreachable {
        return (Judgement::Unverified, "unreachable: nobody listens where the live version should answer".into());
    }
    if let Err(why) = meets(contract, answer) {
        return (Judgement::Broken, why);
    }
    if witnesses.is_empty() {
        let why = "no_witnesses_named: the contract names no witness, so nothing can be said";
        return (Judgement::Unverified, why.into());
    }
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
    (Judgement::Met, "met: the answer was right, and every witness saw it".into())
}

fn meets(contract: &Contract, answer: &Answer) -> Result<(), String> {
    let expect = &contract.expect;
    let Some(status) = answer.status else {
        let why = answer.problem.as_deref().unwrap_or("no answer");
        return Err(format!("no_answer: {why}"));
    };
    if status != expect.status {
        return Err(format!("status: the answer was {status} where {} is right", expect.status));
    }
    if answer.took_ms > expect.deadline_ms as f64 {
        return Err(format!("deadline: the answer took {:.0} ms of {} ms", answer.took_ms, expect.deadline_ms));
    }
    for (pointer, wanted) in &expect.json {
        let got = answer.body.as_ref().and_then(|body| body.pointer(pointer));
        if got != Some(wanted) {
            let got = got.map_or_else(|| "nothing".into(), |got| got.to_string().chars().take(200).collect::<String>());
            return Err(format!("json: {pointer} holds {got} where {wanted} is right"));
        }
    }
    Ok(())
}

/// The gate's report on a candidate's replay.
pub fn report(replay: &ReplayReport, output: Option<Value>) -> GateReport {
    let evidence = serde_json::json!({ "replay": replay, "output": output });
    let code = match replay.judgement {
        Judgement::Met => return passed(Gate::Replay, replay.why.clone(), evidence),
        Judgement::Broken => "contract_broken",
        Judgement::NoWitness => "no_witness",
        Judgement::Unverified => "unverified",
    };
    refused(Gate::Replay, code, replay.why.clone(), evidence)
}

/// The report when there is nothing to replay.
pub fn unverified(why: String) -> GateReport {
    refused(Gate::Replay, "unverified", why, Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wire::target::{Expectation, ReplayPermission, Request};

    fn contract() -> Contract {
        let request =
            Request { method: "GET".into(), path: "/x".into(), headers: Default::default(), body: String::new() };
        Contract {
            fault: "F".parse().expect("a code"),
            replay: ReplayPermission::Live,
            request,
            expect: Expectation {
                status: 200,
                deadline_ms: 100,
                json: [("/ok".to_owned(), json!(true)), ("/a/0".to_owned(), json!(1))].into(),
            },
            witnesses: Vec::new(),
        }
    }

    fn good() -> Answer {
        Answer {
            status: Some(200),
            took_ms: 99.9,
            body: Some(json!({"ok": true, "a": [1], "b": 2})),
            ..Answer::default()
        }
    }

    fn saw(seen: Option<u64>) -> WitnessReport {
        WitnessReport { kind: "call_count".into(), seen, wanted: 1, sample: Vec::new() }
    }

    #[track_caller]
    fn check(answer: &Answer, witnesses: &[WitnessReport], wanted: Judgement, code: &str) {
        let (judgement, why) = judge(&contract(), answer, witnesses);
        assert_eq!((judgement, why.split(':').next()), (wanted, Some(code)), "{why}");
    }

    #[test]
    fn a_right_answer_that_all_witnesses_saw_is_met() {
        check(&good(), &[saw(Some(1))], Judgement::Met, "met");
        check(&good(), &[saw(Some(7)), saw(Some(1))], Judgement::Met, "met");
    }

    #[test]
    fn a_wrong_answer_is_broken_whatever_the_witnesses_say() {
        for witnesses in [&[saw(Some(1))][..], &[saw(None)], &[]] {
            check(&Answer { status: Some(500), ..good() }, witnesses, Judgement::Broken, "status");
            check(&Answer { took_ms: 100.1, ..good() }, witnesses, Judgement::Broken, "deadline");
            check(
                &Answer { body: Some(json!({"ok": "true", "a": [1]})), ..good() },
                witnesses,
                Judgement::Broken,
                "json",
            );
            check(&Answer { body: Some(json!({"ok": true})), ..good() }, witnesses, Judgement::Broken, "json");
            check(&Answer { body: None, ..good() }, witnesses, Judgement::Broken, "json");
            check(&Answer { status: None, ..good() }, witnesses, Judgement::Broken, "no_answer");
        }
    }

    #[test]
    fn a_witness_that_saw_too_little_or_cannot_speak_is_no_success() {
        check(&good(), &[saw(Some(0))], Judgement::NoWitness, "no_witness");
        check(&good(), &[saw(Some(1)), saw(Some(0))], Judgement::NoWitness, "no_witness");
        check(&good(), &[saw(None)], Judgement::Unverified, "witness_mute");
        check(&good(), &[saw(Some(0)), saw(None)], Judgement::Unverified, "witness_mute");
        check(&good(), &[], Judgement::Unverified, "no_witnesses_named");
        let asks_nothing = WitnessReport { wanted: 0, ..saw(Some(0)) };
        check(&good(), &[asks_nothing], Judgement::NoWitness, "no_witness");
    }
}
