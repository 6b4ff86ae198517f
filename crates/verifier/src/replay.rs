//! Doing a replay: a request, then the witnesses of the right answer that came; and again, where a fault comes and goes.

use crate::app::Verifier;
use crate::endpoint::Endpoint;
use crate::error::VerifyError;
use crate::gates::replay::{fitting, judge};
use crate::nonce::Nonce;
use crate::sequential::Test;
use crate::standing::Who;
use crate::witness::Watch;
use chassis::operations::Reporter;
use std::time::Duration;
use wire::span::SpanKind;
use wire::target::{Contract, Expectation, ReplayPermission, Request, Sequential, longest};
use wire::verification::{Judgement, Once, Replay, ReplayReport};
use wire::{FaultCode, ReplayId};

/// How long the witnesses of a right answer are asked: PostgreSQL's log is written by another process, with a delay.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked, and what is right.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Whose contract it is of.
    pub fault: &'a FaultCode,
    /// The request.
    pub request: &'a Request,
    /// The right answers.
    pub answers: &'a [Expectation],
    /// What stands for the nonce in them.
    pub nonce: Option<Nonce>,
}

impl<'a> Question<'a> {
    /// What a running instance is asked.
    pub fn of(contract: &'a Contract) -> Self {
        let Contract { fault, request, answers, .. } = contract;
        Self { fault, request, answers, nonce: None }
    }
}

/// Asks once and judges what was seen.
pub async fn once(verifier: &Verifier, question: Question<'_>, id: ReplayId, endpoint: &Endpoint) -> ReplayReport {
    let Question { fault, request, answers, nonce } = question;
    let watch = Watch::begin(answers, id.clone(), verifier.http.clone()).await;
    let limit = Duration::from_millis(longest(answers));
    let answer = endpoint.ask(request, limit, Some(&id)).await;
    let fit = fitting(answers, &answer, nonce);
    // Whatever the witnesses saw cannot mend a wrong answer: then all are asked once, as evidence.
    let patience = if fit.is_ok() { PATIENCE } else { Duration::ZERO };
    let mut witnesses = watch.ask(fit.as_ref().ok().copied(), patience).await;
    let right = fit.as_ref().ok().and_then(|at| u32::try_from(at + 1).ok());
    let judged = judge(fit, answers.len(), &witnesses);
    let (judgement, why) = endpoint.who.judge(judged, &answer);
    witnesses.extend(endpoint.who.report(&answer));
    ReplayReport {
        code: fault.clone(),
        replay: id,
        judgement,
        why,
        status: answer.status,
        took_ms: answer.took_ms,
        answer: right,
        witnesses,
        sequence: None,
        spans: Vec::new(),
    }
}

/// Asks once as a user does, without the header of a replay: whoever is well for replays alone is not well. No witness can tell
/// such a request from others, so the answer alone is judged.
pub async fn plainly(question: Question<'_>, endpoint: &Endpoint) -> ReplayReport {
    let Question { fault, request, answers, nonce } = question;
    let answer = endpoint.ask(request, Duration::from_millis(longest(answers)), None).await;
    let fit = fitting(answers, &answer, nonce);
    let right = fit.as_ref().ok().and_then(|at| u32::try_from(at + 1).ok());
    let (judgement, why) = match fit {
        Ok(_) => (Judgement::Met, "met: asked as a user asks".to_owned()),
        Err((judgement, why)) => (judgement, format!("{why} (asked as a user asks, without the header of a replay)")),
    };
    let report = not_replayed(fault.clone(), why);
    ReplayReport { judgement, status: answer.status, took_ms: answer.took_ms, answer: right, ..report }
}

/// Replays a contract as a running instance must meet it.
pub async fn replay(
    verifier: &Verifier,
    contract: &Contract,
    endpoint: &Endpoint,
    reporter: &Reporter,
) -> ReplayReport {
    let begun = reporter.now();
    let mut report = match &contract.sequential {
        None => once(verifier, Question::of(contract), ReplayId::fresh(), endpoint).await,
        Some(settings) => again_and_again(verifier, contract, settings, endpoint).await,
    };
    let times = report.sequence.as_ref().map(|sequence| format!(", {} times", sequence.replays)).unwrap_or_default();
    report.spans.push(reporter.span(SpanKind::Replay, &format!("replay {}{times}", contract.fault), begun));
    report
}

async fn again_and_again(
    verifier: &Verifier,
    contract: &Contract,
    settings: &Sequential,
    endpoint: &Endpoint,
) -> ReplayReport {
    let (mut test, mut each) = (Test::new(settings), Vec::new());
    loop {
        let report = once(verifier, Question::of(contract), ReplayId::fresh(), endpoint).await;
        let ReplayReport { judgement, status, took_ms, .. } = report;
        each.push(Once { replay: report.replay.clone(), judgement, status, took_ms });
        test.saw(judgement);
        if let Some((judgement, why)) = test.outcome(&report.why) {
            return ReplayReport { judgement, why, sequence: Some(test.report(each)), ..report };
        }
    }
}

/// The report when nothing was sent.
pub fn not_replayed(code: FaultCode, why: String) -> ReplayReport {
    let (replay, judgement) = (ReplayId::fresh(), Judgement::Unverified);
    let (witnesses, spans) = (Vec::new(), Vec::new());
    ReplayReport {
        replay,
        code,
        judgement,
        why,
        status: None,
        took_ms: 0.0,
        answer: None,
        witnesses,
        sequence: None,
        spans,
    }
}

/// Replays against a running instance, where the contract permits it.
pub async fn live(verifier: &Verifier, task: Replay, reporter: &Reporter) -> Result<ReplayReport, VerifyError> {
    let workshop = verifier.workshop(&task.target)?;
    let Some(contract) = workshop.target.contract(&task.code) else {
        let why = format!("no_contract: the target file has no contract for {}", task.code);
        return Ok(not_replayed(task.code, why));
    };
    if contract.replay != ReplayPermission::Live {
        let why = "not_permitted: the contract does not permit replays against a running instance";
        return Ok(not_replayed(task.code, why.into()));
    }
    let who = Who::of(task.live, verifier.front.as_ref());
    let endpoint = Endpoint::of_instance(verifier.http.clone(), &task.base_url, who);
    let mut report = replay(verifier, contract, &endpoint, reporter).await;
    if report.judgement == Judgement::Met {
        report.why.push_str(endpoint.who.remark());
    }
    Ok(report)
}
