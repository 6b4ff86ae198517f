//! Carrying out the step that is under way: do it, journal what it tells, journal what comes of it.

use super::Worker;
use crate::act::{Doing, NoResult};
use crate::journal::{Appended, Journal, Lost};
use crate::task::Around;
use crate::{keys, outcome};
use chassis::telemetry;
use tokio::sync::mpsc::unbounded_channel;
use tracing::Instrument;
use wire::event::{Body, Step};
use wire::span::Progress;

/// How often an append is tried at a new position, because others append at the same time.
const MAX_CONFLICTS: u32 = 20;
/// How many signs of progress of one step are journaled.
const MAX_PROGRESS: usize = 500;

impl Worker {
    /// Asks for the effect of a step whose intention stands, and appends its outcome.
    pub(super) async fn carry_out(&self, journal: &mut Journal, step: Step, attempt: u32) -> Result<(), Lost> {
        let span = tracing::info_span!("step", otel.name = step.as_str(), attempt);
        self.carry_out_in_span(journal, step, attempt).instrument(span).await
    }

    async fn carry_out_in_span(&self, journal: &mut Journal, step: Step, attempt: u32) -> Result<(), Lost> {
        let incident = journal.incident().clone();
        let target = self.catalogue.get(&incident.target);
        let around = Around {
            authority: journal.authority(),
            language: target.map_or("", |target| target.patch.language.as_str()),
            front: &self.settings.live_url,
            trace_parent: telemetry::trace_parent(),
        };
        let (tell, mut told) = unbounded_channel();
        let doing = Doing { incident: &incident, step, attempt, around, tell };
        let work = self.peers.perform(&doing);
        tokio::pin!(work);
        let mut n = 0;
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut work => break ended,
                Some(progress) = told.recv() => note(journal, step, attempt, &mut n, progress).await?,
            }
        };
        // The outcome does not wait for words: of what is still to be journaled only stages and times are.
        while let Ok(progress) = told.try_recv() {
            if progress.stage.is_some() || progress.span.is_some() {
                note(journal, step, attempt, &mut n, progress).await?;
            }
        }
        let body = match ended {
            Ok(body) => body,
            Err(NoResult::Stale(problem)) => return Err(Lost::Refused(problem)),
            Err(NoResult::Failed(problem)) => outcome::failed(step, attempt, problem),
        };
        tracing::info!(incident = %incident.id, step = step.as_str(), attempt, outcome = body.kind(), "ended");
        conclude(journal, step, attempt, body).await
    }
}

/// Appends a sign of progress. That it cannot stand (any more) is no harm: it is for people and for the time table.
async fn note(journal: &mut Journal, step: Step, attempt: u32, n: &mut usize, progress: Progress) -> Result<(), Lost> {
    let key = keys::progress(step, attempt, *n);
    *n += 1;
    if *n > MAX_PROGRESS {
        return Ok(());
    }
    let body = Body::Progressed { step, attempt, progress };
    for _ in 0..MAX_CONFLICTS {
        if journal.would_take(&body).is_err() || journal.append(key.clone(), body.clone()).await? != Appended::Moved {
            break;
        }
    }
    Ok(())
}

/// Appends the outcome, at a new position when the journal has moved on. An outcome that is not allowed there is a
/// failure of the step. When the step is not under way any more, there is nothing to append.
async fn conclude(journal: &mut Journal, step: Step, attempt: u32, mut body: Body) -> Result<(), Lost> {
    for _ in 0..MAX_CONFLICTS {
        if !journal.incident().in_flight.is_some_and(|begun| begun.step == step && begun.attempt == attempt) {
            break;
        }
        if let Err(refused) = journal.would_take(&body) {
            body = outcome::failed(step, attempt, wire::Problem::new("malformed", refused.to_string()));
        }
        match journal.append(keys::outcome(step, attempt), body.clone()).await? {
            Appended::Written | Appended::Known => break,
            Appended::Moved => {}
            Appended::Refused(problem) => body = outcome::failed(step, attempt, problem),
        }
    }
    Ok(())
}
