//! Gates 2 to 4 for one candidate, up to the first refusal.

use crate::app::Verifier;
use crate::baseline::Baseline;
use crate::build;
use crate::candidate::{self, Version};
use crate::error::VerifyError;
use crate::gates::build::{BuildStep, Evidence};
use crate::gates::{build as build_gate, healthy, replay};
use crate::jobs::{self, Warm};
use crate::mirror::Candidate;
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use futures::future::MaybeDone;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use wire::span::{Span, SpanKind};
use wire::verification::{Gate, GateReport};
use wire::{Digest, FaultCode};

/// What trials of one task share.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// The service.
    pub verifier: &'a Verifier,
    /// The target.
    pub workshop: &'a Arc<Workshop>,
    /// The fault that is to be cured.
    pub code: &'a FaultCode,
    /// Whom the progress is told.
    pub reporter: &'a Reporter,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Trial {
    /// The gates, up to the first refusal.
    pub gates: Vec<GateReport>,
    /// What was built, when the build gate passed.
    pub artefact: Option<Digest>,
    /// Where the time went.
    pub spans: Vec<Span>,
}

impl Trial {
    /// Whether it passed them all.
    pub fn passed(&self) -> bool {
        let last = self.gates.last().is_some_and(|report| report.gate == Gate::Healthy);
        last && self.gates.iter().all(|report| report.passed)
    }
}

/// Adds a gate's report. Answers whether it passed.
pub fn note(gates: &mut Vec<GateReport>, report: GateReport, reporter: &Reporter) -> bool {
    let passed = report.passed;
    reporter.note(format!("{:?} gate: {}: {}", report.gate, report.code, report.why));
    gates.push(report);
    passed
}

impl Bench<'_> {
    /// Tries a candidate. What is known of the version without the patch is gathered meanwhile, and is there once the
    /// healthy gate was reached.
    pub async fn run<F>(&self, candidate: Candidate, mut baseline: Pin<&mut MaybeDone<F>>) -> Result<Trial, VerifyError>
    where
        F: Future<Output = Baseline>,
    {
        let Bench { verifier, workshop, code, reporter } = *self;
        let mut trial = Trial::default();
        let (report, artefact) = beside(self.build(candidate, &mut trial.spans), baseline.as_mut()).await?;
        let passed = note(&mut trial.gates, report, reporter);
        let Some(artefact) = artefact.filter(|_| passed) else { return Ok(trial) };
        let artefact = &*trial.artefact.insert(artefact);

        let new = (Version::New, artefact);
        let replayed = candidate::gather(verifier, workshop, code, new, reporter, &mut trial.spans);
        let replayed = beside(replayed, baseline.as_mut()).await?;
        if !note(&mut trial.gates, replay::report(&verifier.checks, &replayed), reporter) {
            return Ok(trial);
        }
        baseline.as_mut().await;
        if let Some(baseline) = baseline.as_mut().output_mut() {
            let evidence = baseline.beside(verifier, workshop, artefact, reporter, &mut trial.spans).await?;
            note(&mut trial.gates, healthy::report(&verifier.checks, &evidence), reporter);
        }
        Ok(trial)
    }

    /// Gate 2.
    async fn build(
        &self,
        candidate: Candidate,
        spans: &mut Vec<Span>,
    ) -> Result<(GateReport, Option<Digest>), VerifyError> {
        let Bench { verifier, workshop, reporter, .. } = *self;
        let turn = build::take_turn(workshop, reporter, spans).await;
        let (_turn, scratch) = build::lay_out(workshop, turn, &candidate.base_tree, candidate.changes).await?;
        let tree = &candidate.tree;
        let made = match build::known(verifier, workshop, tree).await? {
            Some(artefact) => BuildStep::Reused(artefact),
            None => build::make(verifier, workshop, tree, &scratch, Warm::Above, reporter, spans).await?,
        };
        let mut test = None;
        if made.artefact().is_some() {
            let job = jobs::test(workshop, scratch.path(), Warm::Above);
            let timeout = workshop.target.test.timeout_ms;
            let (ended, span) = build::step(verifier, job, timeout, SpanKind::Test, reporter).await?;
            spans.push(span);
            test = Some(ended);
        }
        let evidence = Evidence { build: &made, test: test.as_ref(), warning: verifier.sandbox.warning() };
        Ok((build_gate::report(&verifier.checks, &evidence), made.artefact().cloned()))
    }
}

/// Does some work while something else goes on beside it.
async fn beside<T, F: Future>(work: impl Future<Output = T>, mut other: Pin<&mut MaybeDone<F>>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        // What it comes to is asked for later.
        let _later = other.as_mut().poll(context);
        work.as_mut().poll(context)
    })
    .await
}
