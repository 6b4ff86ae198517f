//! A version is asked what was fine: one process, one request after the other.

use super::Version;
use super::process::{First, Process, becomes_healthy};
use crate::app::Verifier;
use crate::endpoint::Endpoint;
use crate::error::VerifyError;
use crate::gates::replay::Answer;
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use std::time::{Duration, Instant};
use wire::span::{Span, SpanKind};
use wire::target::Request;
use wire::{Digest, ReplayId};

/// How long the old version has for an answer. What takes longer is no traffic to be repeated.
const OLD: Duration = Duration::from_secs(2);
/// How long the new one has: a busy machine must not make a difference of it.
const NEW: Duration = Duration::from_secs(5);
/// How long all answers together may take.
const ALL: Duration = Duration::from_secs(20);

/// The answers to the requests, in their order, by a process of its own.
pub async fn ask(
    verifier: &Verifier,
    workshop: &Workshop,
    (version, artefact): (Version, &Digest),
    requests: &[Request],
    reporter: &Reporter,
    spans: &mut Vec<Span>,
) -> Result<Vec<Answer>, VerifyError> {
    let health = &workshop.target.run.health;
    let health_limit = Duration::from_millis(health.timeout_ms);
    let limit = health_limit + ALL + NEW;
    let Some(mut process) = Process::start(verifier, workshop, &[], limit, artefact)? else {
        return Ok(none(requests, "the sandbox does not let it be reached"));
    };
    let begun = reporter.now();
    let healthy = process.during(async |endpoint| becomes_healthy(endpoint, &health.path, health_limit).await).await?;
    spans.push(reporter.span(SpanKind::Health, &format!("{} for healthy traffic", version.name()), begun));
    match healthy {
        First::Done(true) => {}
        First::Done(false) => {
            process.let_go(verifier);
            return Ok(none(requests, "it did not answer 200 on its health path in time"));
        }
        First::Ended(ended) => return Ok(none(requests, &format!("it {} before it was asked", ended.exit))),
    }
    let begun = reporter.now();
    let asked = process.during(async |endpoint| one_by_one(endpoint, version, requests).await).await?;
    let name = format!("healthy traffic, {}: {} requests", version.name(), requests.len());
    spans.push(reporter.span(SpanKind::Replay, &name, begun));
    match asked {
        First::Done(answers) => {
            process.let_go(verifier);
            Ok(answers)
        }
        First::Ended(ended) => Ok(none(requests, &format!("it {} while it was asked", ended.exit))),
    }
}

async fn one_by_one(endpoint: &Endpoint, version: Version, requests: &[Request]) -> Vec<Answer> {
    let until = Instant::now() + ALL;
    let limit = if version == Version::Old { OLD } else { NEW };
    let mut answers = Vec::new();
    for request in requests {
        let left = until.saturating_duration_since(Instant::now()).min(limit);
        answers.push(endpoint.ask(request, left, Some(&ReplayId::fresh())).await);
    }
    answers
}

fn none(requests: &[Request], why: &str) -> Vec<Answer> {
    vec![Answer { problem: Some(why.to_owned()), ..Answer::default() }; requests.len()]
}
