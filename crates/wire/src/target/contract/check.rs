//! Whether a contract holds together. Each refusal is a sentence that says what would be right. Pure.

use super::{Behaviour, Case, Contract, Double, Expectation, NONCE, Play, Sequential};
use std::collections::BTreeSet;

/// The most alternatives of one answer, doubles and cases of one contract, replays of one sequence.
const MOST: (usize, usize, usize, u64) = (16, 8, 32, 100);
/// The longest deadline or delay, milliseconds.
const MAX_MS: u64 = 60_000;
/// The largest body of a double, bytes, and the longest name.
const LONGEST: (usize, usize) = (64 * 1024, 120);

pub(super) fn contract(contract: &Contract) -> Result<(), String> {
    let Contract { answers, sequential, doubles: played, cases, .. } = contract;
    if answers.is_empty() {
        return Err("it has neither `expect` nor `answers`: say what a right answer is".into());
    }
    alternatives(answers)?;
    if answers.iter().any(holds_nonce) {
        return Err("an answer outside the cases holds {nonce}, which nobody serves there".into());
    }
    if let Some(test) = sequential {
        self::sequential(test)?;
    }
    doubles(played, cases)?;
    self::cases(cases, played)?;
    evidence(answers, cases)
}

fn alternatives(answers: &[Expectation]) -> Result<(), String> {
    if answers.len() > MOST.0 {
        return Err(format!("{} answers are too many: {} are the most", answers.len(), MOST.0));
    }
    for Expectation { status, deadline_ms, json, absent, .. } in answers {
        if !(100..=599).contains(status) {
            return Err(format!("{status} is no HTTP status"));
        }
        if !(1..=MAX_MS).contains(deadline_ms) {
            return Err(format!("deadline_ms = {deadline_ms} is not between 1 and {MAX_MS}"));
        }
        if let Some(pointer) =
            json.keys().chain(absent).find(|pointer| !pointer.is_empty() && !pointer.starts_with('/'))
        {
            return Err(format!("{pointer:?} is no JSON pointer: one starts with `/`"));
        }
        if let Some(pointer) = absent.iter().find(|pointer| json.contains_key(*pointer)) {
            return Err(format!("{pointer:?} cannot both hold a value and be absent"));
        }
    }
    Ok(())
}

fn holds_nonce(answer: &Expectation) -> bool {
    answer.json.values().any(|value| value.as_str().is_some_and(|text| text.contains(NONCE)))
}

fn sequential(test: &Sequential) -> Result<(), String> {
    let Sequential { faulty, healthy, alpha, beta, at_most } = test;
    let is_share = |share: &f64| *share > 0.0 && *share < 1.0;
    if !is_share(faulty) || !is_share(healthy) {
        return Err("sequential: `faulty` and `healthy` are shares between 0 and 1, both excluded".into());
    }
    if healthy <= faulty {
        let why = format!("`healthy` = {healthy} must be greater than `faulty` = {faulty}");
        return Err(format!("sequential: {why}, or nothing can tell them apart"));
    }
    if ![alpha, beta].iter().all(|error| **error > 0.0 && **error < 0.5) {
        return Err("sequential: `alpha` and `beta` are probabilities of an error: between 0 and 0.5".into());
    }
    let shortest = test.shortest();
    if *at_most < shortest || *at_most > MOST.3 {
        let most = MOST.3;
        return Err(format!(
            "sequential: at_most = {at_most} is not between {shortest}, the least that decides, and {most}"
        ));
    }
    Ok(())
}

fn doubles(doubles: &[Double], cases: &[Case]) -> Result<(), String> {
    if doubles.len() > MOST.1 {
        return Err(format!("{} doubles are too many: {} are the most", doubles.len(), MOST.1));
    }
    let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for Double { name, port } in doubles {
        named("a double", name)?;
        if *port == 0 || !names.insert(name) || !ports.insert(port) {
            return Err(format!(
                "the double {name:?} on the port {port}: names and ports are given once, and no port is 0"
            ));
        }
        if !cases.iter().any(|case| case.double.as_ref().is_some_and(|play| play.name == *name)) {
            return Err(format!("no case plays the double {name:?}"));
        }
    }
    Ok(())
}

fn cases(cases: &[Case], doubles: &[Double]) -> Result<(), String> {
    if cases.len() > MOST.2 {
        return Err(format!("{} cases are too many: {} are the most", cases.len(), MOST.2));
    }
    let mut names = BTreeSet::new();
    for case in cases {
        named("a case", &case.name)?;
        if !names.insert(&case.name) {
            return Err(format!("two cases are named {:?}", case.name));
        }
        self::case(case, doubles).map_err(|why| format!("the case {:?}: {why}", case.name))?;
    }
    Ok(())
}

fn named(what: &str, name: &str) -> Result<(), String> {
    if name.trim().is_empty() || name.len() > LONGEST.1 {
        return Err(format!("the name {name:?} of {what} is empty or longer than {} bytes", LONGEST.1));
    }
    Ok(())
}

fn case(case: &Case, doubles: &[Double]) -> Result<(), String> {
    if case.answers.is_empty() {
        return Err("it has no `answers`: say what a right answer is".into());
    }
    alternatives(&case.answers)?;
    if let Some(double) = &case.double {
        play(double, doubles)?;
    }
    let serves_nonce = case.double.as_ref().is_some_and(|play| play.body.contains(NONCE));
    if case.answers.iter().any(holds_nonce) && !serves_nonce {
        return Err("an answer holds {nonce}, but the `body` of the case's double does not serve it".into());
    }
    let Some(calls) = &case.calls else { return Ok(()) };
    match &case.double {
        None => return Err("`calls` are counted by a double, and the case names none".into()),
        Some(double) if double.behaviour == Behaviour::Absent => {
            return Err("`calls` of an absent double cannot be counted: nobody listens".into());
        }
        Some(_) => {}
    }
    match calls.at_most {
        Some(most) if most < calls.at_least => {
            Err(format!("calls: at_most = {most} is less than at_least = {}", calls.at_least))
        }
        None if calls.at_least == 0 => Err("`calls` asks for nothing: give `at_least` or `at_most`".into()),
        _ => Ok(()),
    }
}

fn play(play: &Play, doubles: &[Double]) -> Result<(), String> {
    let Play { name, behaviour, status, body, delay_ms } = play;
    if !doubles.iter().any(|double| double.name == *name) {
        return Err(format!("it plays the double {name:?}, which `doubles` does not have"));
    }
    if *behaviour != Behaviour::Answer && !body.is_empty() {
        return Err(format!("a double that is {behaviour:?} has no `body`").to_lowercase());
    }
    if *behaviour == Behaviour::Absent && *delay_ms > 0 {
        return Err("a double that is absent has no `delay_ms`".into());
    }
    if !(200..=599).contains(status) || *delay_ms > MAX_MS || body.len() > LONGEST.0 {
        let (ms, bytes) = (MAX_MS, LONGEST.0);
        return Err(format!(
            "a double's status is 200 to 599, its delay at most {ms} ms, its body at most {bytes} bytes"
        ));
    }
    Ok(())
}

/// A right answer alone proves nothing: somebody else must have seen the work, on the instance or in a case.
fn evidence(answers: &[Expectation], cases: &[Case]) -> Result<(), String> {
    let witnessed = |answers: &[Expectation]| answers.iter().all(|answer| !answer.witnesses.is_empty());
    let proves = |case: &Case| {
        case.calls.is_some_and(|calls| calls.at_least > 0)
            || case.answers.iter().all(holds_nonce)
            || witnessed(&case.answers)
    };
    if witnessed(answers) && cases.is_empty() || cases.iter().any(proves) {
        return Ok(());
    }
    Err(match cases.is_empty() {
        true => "an answer without `witnesses` could be a constant: name one, or write cases".into(),
        false => "no case tells work from a constant: one needs {nonce}, `calls.at_least` or witnesses".to_owned(),
    })
}
