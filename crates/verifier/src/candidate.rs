//! Doing gate 3: the candidate is started in the sandbox, and the request that failed is replayed against it.

use crate::app::Verifier;
use crate::endpoint::Endpoint;
use crate::error::VerifyError;
use crate::gates::{build::of_step, replay as gate};
use crate::jobs;
use crate::replay;
use crate::sandbox::{Ended, Started};
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use std::time::{Duration, Instant};
use wire::span::{Span, SpanKind};
use wire::target::{Contract, ReplayPermission};
use wire::verification::{GateReport, Judgement, ReplayReport};
use wire::{Digest, FaultCode};

/// How long a candidate may live beyond its health limit and the contract's deadline.
const SLACK: Duration = Duration::from_secs(5);
/// How long one question for its health waits.
const HEALTH_TRY: Duration = Duration::from_secs(2);
/// The pause between two questions.
const HEALTH_PAUSE: Duration = Duration::from_millis(5);

/// What the replay against a candidate came to.
enum Came {
    /// It was replayed.
    Replayed(ReplayReport),
    /// It never became healthy.
    NeverHealthy(Span),
}

/// Judges an artefact against a fault's contract.
pub async fn judge(
    verifier: &Verifier,
    workshop: &Workshop,
    code: &FaultCode,
    artefact: &Digest,
    reporter: &Reporter,
) -> Result<(GateReport, Vec<Span>), VerifyError> {
    let target = &workshop.target;
    let Some(contract) = target.contract(code) else {
        return Ok((gate::unverified(format!("the target file has no contract for {code}")), Vec::new()));
    };
    if contract.replay == ReplayPermission::Never {
        return Ok((gate::unverified(format!("the contract of {code} forbids replays")), Vec::new()));
    }
    let scratch = workshop.scratch().map_err(|error| failed(error.into()))?;
    let job = jobs::candidate(target, &verifier.store.folder(artefact), scratch.path());
    let health = Duration::from_millis(target.run.health.timeout_ms);
    let limit = health + Duration::from_millis(contract.limit_ms()) + SLACK;
    let begun = reporter.now();
    let Started { address, stop, mut ended } = verifier.sandbox.start(&job, limit)?;
    let Some(address) = address else {
        return Ok((gate::unverified("the sandbox does not let the candidate be reached".into()), Vec::new()));
    };
    let endpoint = Endpoint::of_job(&address).map_err(|error| failed(error.into()))?;
    let work = converse(verifier, contract, &endpoint, &target.run.health.path, health, reporter);
    let came = tokio::select! {
        came = work => came,
        early = &mut ended => {
            let early = early?;
            let span = reporter.span(SpanKind::Health, "candidate ended", begun);
            return Ok(broken(contract, &format!("the candidate {} before it was asked", early.exit), span, &early));
        }
    };
    stop.cancel();
    let (report, spans) = match came {
        Came::NeverHealthy(span) => {
            let why = format!("the candidate did not answer 200 on its health path within {} ms", health.as_millis());
            return Ok(broken(contract, &why, span, &ended.await?));
        }
        Came::Replayed(report) => (report.clone(), report.spans),
    };
    let mut output = None;
    if report.judgement == Judgement::Met {
        // It is killed already; nobody needs to wait until it is gone.
        verifier.stop.spawn("candidate-end", async move { drop((ended.await, scratch)) });
    } else {
        output = Some(of_step(&ended.await?));
    }
    Ok((gate::report(&report, output), spans))
}

/// Waits until the candidate is healthy, then replays.
async fn converse(
    verifier: &Verifier,
    contract: &Contract,
    endpoint: &Endpoint,
    health_path: &str,
    limit: Duration,
    reporter: &Reporter,
) -> Came {
    let begun = reporter.now();
    if !wait_for_health(endpoint, health_path, limit).await {
        return Came::NeverHealthy(reporter.span(SpanKind::Health, "candidate never healthy", begun));
    }
    let span = reporter.span(SpanKind::Health, "candidate health", begun);
    let mut report = replay::replay(verifier, contract, endpoint, reporter).await;
    report.spans.insert(0, span);
    Came::Replayed(report)
}

fn failed(source: anyhow::Error) -> VerifyError {
    VerifyError::Failed { what: "start the candidate", source }
}

async fn wait_for_health(endpoint: &Endpoint, path: &str, limit: Duration) -> bool {
    let until = Instant::now() + limit;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        if endpoint.is_healthy(path, left.min(HEALTH_TRY)).await {
            return true;
        }
        tokio::time::sleep(HEALTH_PAUSE.min(left)).await;
    }
}

/// A candidate that cannot be asked has broken its contract.
fn broken(contract: &Contract, why: &str, span: Span, output: &Ended) -> (GateReport, Vec<Span>) {
    let mut report = replay::not_replayed(contract.fault.clone(), format!("never_healthy: {why}"));
    report.judgement = Judgement::Broken;
    report.spans = vec![span.clone()];
    (gate::report(&report, Some(of_step(output))), vec![span])
}
