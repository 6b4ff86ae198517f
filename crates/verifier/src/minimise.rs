//! Doing the second half of gate 5: each hunk of a patch is left out in turn. What passes without it has no need of it.

mod hunks;

use crate::baseline::Baseline;
use crate::error::{VerifyError, blocking};
use crate::gates::causality::Hunks;
use crate::gates::scope::Change;
use crate::mirror::{Candidate, MirrorError};
use crate::trial::Bench;
use futures::future::{MaybeDone, ready};
use hunks::{Hunk, put_together, take_apart};
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use wire::span::Span;
use wire::verification::Admit;

/// How many hunks are tried one by one.
const MOST: usize = 8;
/// How long all tries together may take.
const LIMIT: Duration = Duration::from_secs(240);

/// Tries a candidate that passed without each of its hunks. Answers also the diff of what is left, if something is needless.
pub async fn minimise(
    bench: &Bench<'_>,
    task: &Admit,
    candidate: &Candidate,
    baseline: &mut Baseline,
    spans: &mut Vec<Span>,
) -> Result<(Hunks, Option<String>), VerifyError> {
    let hunks = take_apart(&candidate.changes).map_err(MirrorError::from)?;
    if hunks.len() > MOST {
        return Ok((Hunks::TooMany(hunks.len()), None));
    }
    let tries = Tries { bench, task, changes: &candidate.changes, hunks: &hunks };
    match tokio::time::timeout(LIMIT, tries.reduce(baseline, spans)).await {
        Err(_) => Ok((Hunks::OutOfTime, None)),
        Ok(reduced) => reduced,
    }
}

struct Tries<'a> {
    bench: &'a Bench<'a>,
    task: &'a Admit,
    changes: &'a [Change],
    hunks: &'a [Hunk],
}

impl Tries<'_> {
    /// Leaves out what can be, until nothing more can: then each hunk that is left is needed.
    async fn reduce(
        &self,
        baseline: &mut Baseline,
        spans: &mut Vec<Span>,
    ) -> Result<(Hunks, Option<String>), VerifyError> {
        let all = self.hunks.len();
        let mut kept: BTreeSet<usize> = (0..all).collect();
        let mut reduced = None;
        loop {
            let mut fewer = false;
            for hunk in 0..all {
                // Without its last hunk it is no patch; that the symptom is there then was shown.
                if kept.len() > 1 && kept.remove(&hunk) {
                    match self.passes(&kept, baseline, spans).await? {
                        Some(diff) => (reduced, fewer) = (Some(diff), true),
                        None => fewer |= !kept.insert(hunk),
                    }
                }
            }
            if !fewer {
                break;
            }
        }
        let needless = (0..all).filter(|hunk| !kept.contains(hunk)).map(|hunk| hunk + 1).collect();
        Ok((Hunks::Tried { all, needless }, reduced))
    }

    /// The diff of these hunks, if it passes.
    async fn passes(
        &self,
        kept: &BTreeSet<usize>,
        baseline: &mut Baseline,
        spans: &mut Vec<Span>,
    ) -> Result<Option<String>, VerifyError> {
        let files = put_together(self.changes, self.hunks, kept);
        let (workshop, base) = (Arc::clone(self.bench.workshop), self.task.base.clone());
        let made = blocking("leaving out a hunk", move || {
            let mirror = workshop.mirror()?;
            let diff = mirror.diff_to(&base, &files)?;
            match mirror.candidate(&base, &diff) {
                Ok(candidate) => Ok(Some((diff, candidate))),
                Err(MirrorError::DoesNotApply(_)) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let Some((diff, candidate)) = made.await? else { return Ok(None) };
        let gathered = pin!(MaybeDone::Future(ready(std::mem::take(baseline))));
        let mut gathered = gathered;
        let trial = self.bench.run(candidate, gathered.as_mut()).await;
        gathered.as_mut().await;
        *baseline = gathered.as_mut().take_output().unwrap_or_default();
        let trial = trial?;
        let passed = trial.passed();
        spans.extend(trial.spans);
        Ok(passed.then_some(diff))
    }
}
