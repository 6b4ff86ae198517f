//! Judging a candidate: the gates in their order, up to the first refusal; the verdict is kept only after everything.

use crate::app::Verifier;
use crate::artefacts::KeptVerdict;
use crate::baseline::{self, Baseline};
use crate::error::{VerifyError, blocking};
use crate::gates::causality::{self, Hunks};
use crate::gates::check::{MINIMAL, SIZE};
use crate::gates::scope;
use crate::minimise;
use crate::mirror::{Candidate, MirrorError};
use crate::trial::{Bench, note};
use crate::workshop::Workshop;
use chassis::operations::Reporter;
use futures::future::maybe_done;
use std::pin::pin;
use std::sync::Arc;
use wire::Digest;
use wire::proposal::Proposal;
use wire::verification::{Admit, Gate, GateReport, Verdict};

/// Judges a candidate, or finds that an earlier life admitted just this.
pub async fn admit(verifier: &Verifier, task: Admit, reporter: &Reporter) -> Result<Verdict, VerifyError> {
    let workshop = verifier.workshop(&task.target)?;
    let checks: Vec<&str> = verifier.checks.names().collect();
    let asked = Digest::of_json(&serde_json::json!({ "task": task, "target": workshop.target, "checks": checks }));
    let proposal = Proposal::digest_of(&task.target, &task.code, &task.base, &task.diff);
    if let Some(found) = find(verifier, &proposal, &asked).await? {
        reporter.note("an earlier verdict stands");
        return Ok(found);
    }
    let (gates, tree, artefact, spans) = (Vec::new(), None, None, Vec::new());
    let mut verdict = Verdict { proposal, admitted: false, gates, tree, artefact, reduced: None, spans };
    judge(verifier, &workshop, &task, reporter, &mut verdict).await?;
    verdict.admitted = Gate::all_passed(&verdict.gates);
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
    task: &Admit,
    reporter: &Reporter,
    verdict: &mut Verdict,
) -> Result<(), VerifyError> {
    let (report, candidate) = scope_gate(verifier, workshop, task).await?;
    verdict.tree = candidate.as_ref().map(|candidate| candidate.tree.clone());
    let passed = note(&mut verdict.gates, report, reporter);
    let Some(candidate) = candidate.filter(|_| passed) else { return Ok(()) };

    let bench = Bench { verifier, workshop, code: &task.code, reporter };
    let mut baseline = pin!(maybe_done(baseline::gather(verifier, workshop, task, reporter)));
    let trial = bench.run(candidate.clone(), baseline.as_mut()).await?;
    let passed = trial.passed();
    verdict.artefact = trial.artefact;
    verdict.gates.extend(trial.gates);
    verdict.spans.extend(trial.spans);
    let Some(baseline) = baseline.as_mut().output_mut() else { return Ok(()) };
    verdict.spans.append(&mut baseline.spans);
    if passed {
        causality_gate(&bench, task, &candidate, baseline, verdict).await?;
    }
    Ok(())
}

/// Gate 1.
async fn scope_gate(
    verifier: &Verifier,
    workshop: &Arc<Workshop>,
    task: &Admit,
) -> Result<(GateReport, Option<Candidate>), VerifyError> {
    let (workshop, checks, task) = (Arc::clone(workshop), verifier.checks.clone(), task.clone());
    blocking("the scope gate", move || {
        let (patch, size) = (&workshop.target.patch, task.diff.len());
        let judge = |changes: Result<&[scope::Change], &str>| {
            let markers = workshop.target.faults.iter().map(|fault| fault.marker.as_str()).collect();
            scope::report(&checks, &scope::Evidence::new(patch, markers, size, changes))
        };
        // A diff that is too long is not even applied.
        if size > patch.max_diff_bytes && checks.has(SIZE) {
            return Ok((judge(Ok(&[])), None));
        }
        match workshop.mirror()?.candidate(&task.base, &task.diff) {
            Ok(candidate) => Ok((judge(Ok(&candidate.changes)), Some(candidate))),
            Err(MirrorError::DoesNotApply(why)) => Ok((judge(Err(&why)), None)),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Gate 5.
async fn causality_gate(
    bench: &Bench<'_>,
    task: &Admit,
    candidate: &Candidate,
    baseline: &mut Baseline,
    verdict: &mut Verdict,
) -> Result<(), VerifyError> {
    let mut evidence = causality::Evidence { without: baseline.without.clone(), hunks: Hunks::NotAsked };
    if task.minimise && bench.verifier.checks.has(MINIMAL) && causality::is_shown(&evidence).is_ok() {
        let reduced = minimise::minimise(bench, task, candidate, baseline, &mut verdict.spans).await?;
        (evidence.hunks, verdict.reduced) = reduced;
    }
    note(&mut verdict.gates, causality::report(&bench.verifier.checks, &evidence), bench.reporter);
    Ok(())
}
