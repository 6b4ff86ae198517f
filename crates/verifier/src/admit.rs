//! Judging a candidate: the gates in their order, up to the first refusal; the verdict is kept only after everything.

use crate::app::Verifier;
use crate::artefacts::KeptVerdict;
use crate::build;
use crate::candidate;
use crate::error::{VerifyError, blocking};
use crate::gates::build::BuildStep;
use crate::gates::{build as build_gate, scope};
use crate::jobs::{self, Warm};
use crate::mirror::{Candidate, MirrorError};
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use std::sync::Arc;
use wire::Digest;
use wire::proposal::Proposal;
use wire::span::{Span, SpanKind};
use wire::verification::{Admit, GateReport, Verdict};

/// Judges a candidate, or finds that an earlier life admitted just this.
pub async fn admit(verifier: &Verifier, task: Admit, reporter: &Reporter) -> Result<Verdict, VerifyError> {
    let workshop = verifier.workshop(&task.target)?;
    let asked = Digest::of_json(&serde_json::json!({ "task": task, "target": workshop.target }));
    let proposal = Proposal::digest_of(&task.target, &task.code, &task.base, &task.diff);
    if let Some(found) = find(verifier, &proposal, &asked).await? {
        reporter.note("an earlier verdict stands");
        return Ok(found);
    }
    let (gates, tree, artefact, spans) = (Vec::new(), None, None, Vec::new());
    let mut verdict = Verdict { proposal, admitted: false, gates, tree, artefact, reduced: None, spans };
    judge(verifier, &workshop, task, reporter, &mut verdict).await?;
    let kept = KeptVerdict { verdict: verdict.clone(), asked };
    let store = verifier.store.clone();
    blocking("keeping a verdict", move || store.keep_verdict(&kept)).await?;
    reporter.note(if verdict.admitted { "admitted" } else { "refused" });
    Ok(verdict)
}

/// A verdict is found again only if it admitted the very same task, and its artefact is still whole. Others are reached
/// anew: what could not be verified then may be now.
async fn find(verifier: &Verifier, proposal: &Digest, asked: &Digest) -> Result<Option<Verdict>, VerifyError> {
    let (store, proposal, asked) = (verifier.store.clone(), proposal.clone(), asked.clone());
    blocking("looking for a verdict", move || {
        let kept = store.verdict(&proposal).unwrap_or_default();
        let kept = kept.filter(|kept| kept.asked == asked && kept.verdict.admitted).map(|kept| kept.verdict);
        Ok::<_, VerifyError>(
            kept.filter(|verdict| verdict.artefact.as_ref().is_some_and(|digest| store.is_whole(digest))),
        )
    })
    .await
}

async fn judge(
    verifier: &Verifier,
    workshop: &Arc<Workshop>,
    task: Admit,
    reporter: &Reporter,
    verdict: &mut Verdict,
) -> Result<(), VerifyError> {
    let code = task.code.clone();
    let (report, candidate) = scope_gate(workshop, task).await?;
    verdict.tree = candidate.as_ref().map(|candidate| candidate.tree.clone());
    let passed = pass(verdict, report, reporter);
    let Some(candidate) = candidate.filter(|_| passed) else { return Ok(()) };

    let (report, artefact) = build_gate(verifier, workshop, candidate, reporter, &mut verdict.spans).await?;
    let passed = pass(verdict, report, reporter);
    let Some(artefact) = artefact.filter(|_| passed) else { return Ok(()) };

    let (report, spans) = candidate::judge(verifier, workshop, &code, &artefact, reporter).await?;
    verdict.artefact = Some(artefact);
    verdict.spans.extend(spans);
    verdict.admitted = pass(verdict, report, reporter);
    Ok(())
}

fn pass(verdict: &mut Verdict, report: GateReport, reporter: &Reporter) -> bool {
    let passed = report.passed;
    reporter.note(format!("{:?} gate: {}: {}", report.gate, report.code, report.why));
    verdict.gates.push(report);
    passed
}

/// Gate 1.
async fn scope_gate(workshop: &Arc<Workshop>, task: Admit) -> Result<(GateReport, Option<Candidate>), VerifyError> {
    let workshop = Arc::clone(workshop);
    blocking("the scope gate", move || {
        let patch = &workshop.target.patch;
        if let Some(report) = scope::too_large(patch, &task.diff) {
            return Ok((report, None));
        }
        match workshop.mirror()?.candidate(&task.base, &task.diff) {
            Ok(candidate) => Ok((scope::judge(patch, &candidate.changes), Some(candidate))),
            Err(MirrorError::DoesNotApply(why)) => Ok((scope::does_not_apply(&why), None)),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Gate 2.
async fn build_gate(
    verifier: &Verifier,
    workshop: &Arc<Workshop>,
    candidate: Candidate,
    reporter: &Reporter,
    spans: &mut Vec<Span>,
) -> Result<(GateReport, Option<Digest>), VerifyError> {
    let turn = workshop.turn().await;
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
    let report = build_gate::judge(&made, test.as_ref(), verifier.sandbox.warning());
    Ok((report, made.artefact().cloned()))
}
