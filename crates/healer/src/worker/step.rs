//! Carrying out the step that is under way: do it, journal what it tells, journal what comes of it.

use super::Worker;
use crate::act::{Doing, NoResult};
use crate::journal::{Appended, Journal, Lost};
use crate::policy::Policy;
use crate::task::{self, Around};
use crate::{autonomy, keys, outcome};
use chassis::telemetry;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::Instrument;
use wire::event::{Body, Step};
use wire::incident::Incident;
use wire::lease::Renew;
use wire::span::Progress;
use wire::target::ReplayPermission;
use wire::{Authority, IncidentId};

/// How often an append is tried at a new position, because others append at the same time.
const MAX_CONFLICTS: u32 = 20;
/// How many signs of progress of one step are journaled.
const MAX_PROGRESS: usize = 500;

impl Worker {
    /// Asks for the effect of a step whose intention stands, and appends its outcome.
    pub(super) async fn carry_out(&self, journal: &mut Journal, step: Step, attempt: u32) -> Result<(), Lost> {
        let span = tracing::info_span!("step", otel.name = stage(step), step = step.as_str(), attempt);
        self.carry_out_in_span(journal, step, attempt).instrument(span).await
    }

    async fn carry_out_in_span(&self, journal: &mut Journal, step: Step, attempt: u32) -> Result<(), Lost> {
        let incident = journal.incident().clone();
        let around = Around { trace_parent: telemetry::trace_parent(), ..self.around(&incident, journal.authority()) };
        let (tell, mut told) = unbounded_channel();
        if step == Step::Push {
            let policy = Policy::of(&self.catalogue, self.settings.limits(), &incident);
            let decision = autonomy::decide(&policy, task::option(&incident));
            let approved = if incident.approved.is_some() { "a person approved; " } else { "" };
            // Nobody listens to it only after the step has ended.
            let _ = tell.send(Progress::note(self.clock.now(), format!("{approved}{}", decision.why)));
        }
        let doing = Doing { incident: &incident, step, attempt, around, tell };
        let work = self.peers.perform(&doing);
        tokio::pin!(work);
        let mut n = 0;
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut work => break ended,
                Some(progress) = told.recv() => {
                    let batch = std::iter::once(progress).chain(waiting(&mut told)).collect();
                    note(journal, step, attempt, &mut n, batch).await?;
                }
            }
        };
        note(journal, step, attempt, &mut n, waiting(&mut told).collect()).await?;
        let body = match ended {
            Ok(body) => body,
            Err(NoResult::Stale(problem)) if !self.holds(incident.id, journal.authority()).await => {
                return Err(Lost::Refused(problem));
            }
            // The store knows of no newer lease: a receiver remembers more than it does (a store that was restored from an
            // older copy, say). That does not pass by itself.
            Err(NoResult::Stale(problem)) => outcome::failed(step, attempt, problem, false),
            Err(NoResult::Failed { problem, may_pass }) => outcome::failed(step, attempt, problem, may_pass),
        };
        tracing::info!(incident = %incident.id, step = step.as_str(), attempt, outcome = body.kind(), "ended");
        conclude(journal, step, attempt, body).await
    }

    /// What is known of an incident's target.
    pub(super) fn around(&self, incident: &Incident, authority: Authority) -> Around<'_> {
        let target = self.catalogue.get(&incident.target);
        let fault = target.and_then(|target| target.fault(&incident.code));
        let resource = target.and_then(|target| target.resource(&incident.code));
        let contract = target.and_then(|target| target.contract(&incident.code));
        Around {
            authority,
            language: target.map_or("", |target| target.patch.language.as_str()),
            declared: fault.and_then(|fault| fault.verdict).or_else(|| resource.map(|resource| resource.is.verdict())),
            playbook: resource.map(|resource| &resource.name),
            replays_live: contract.is_some_and(|contract| contract.replay == ReplayPermission::Live),
            models: target.is_some_and(|target| target.patch.models),
            suspects: Vec::new(),
            front: &self.settings.live_url,
            trace_parent: None,
        }
    }

    /// Whether the store still takes this healer for the lease's holder.
    async fn holds(&self, incident: IncidentId, authority: Authority) -> bool {
        let renew = Renew { fence: authority.fence, ttl_ms: self.settings.lease_ms };
        self.peers.store.renew(incident, &renew).await.is_ok()
    }
}

/// What a step is called in a trace: as people speak of it.
fn stage(step: Step) -> &'static str {
    match step {
        Step::Analyze => "plan",
        Step::Propose => "patch",
        Step::Push
        | Step::Deploy
        | Step::Act
        | Step::Verify
        | Step::Undo
        | Step::Learn
        | Step::Relieve
        | Step::Withdraw => step.as_str(),
    }
}

/// What has been told and not been taken yet.
fn waiting(told: &mut UnboundedReceiver<Progress>) -> impl Iterator<Item = Progress> {
    std::iter::from_fn(|| told.try_recv().ok())
}

/// Appends signs of progress, as many as there are in one event. That it cannot stand (any more) is no harm: it is for
/// people and for the time table. After a crash the same is told again, perhaps in other portions: what a known key may
/// have left out is appended on its own, as twice does no harm either.
async fn note(
    journal: &mut Journal,
    step: Step,
    attempt: u32,
    n: &mut usize,
    mut batch: Vec<Progress>,
) -> Result<(), Lost> {
    batch.truncate(MAX_PROGRESS.saturating_sub(*n));
    let first = *n;
    *n += batch.len();
    let mut batch = batch.into_iter();
    let Some(progress) = batch.next() else { return Ok(()) };
    let more: Vec<Progress> = batch.collect();
    let known = tell(journal, step, attempt, first, progress, more.clone()).await? == Appended::Known;
    for (index, progress) in (first + 1..).zip(more).filter(|_| known) {
        tell(journal, step, attempt, index, progress, Vec::new()).await?;
    }
    Ok(())
}

async fn tell(
    journal: &mut Journal,
    step: Step,
    attempt: u32,
    n: usize,
    progress: Progress,
    more: Vec<Progress>,
) -> Result<Appended, Lost> {
    let (key, body) = (keys::progress(step, attempt, n), Body::Progressed { step, attempt, progress, more });
    for _ in 0..MAX_CONFLICTS {
        if journal.would_take(&body).is_err() {
            break;
        }
        match journal.append(key.clone(), body.clone()).await? {
            Appended::Moved => {}
            appended => return Ok(appended),
        }
    }
    Ok(Appended::Moved)
}

/// Appends the outcome, at a new position when the journal has moved on. An outcome that is not allowed there is a
/// failure of the step. When the step is not under way any more, there is nothing to append.
async fn conclude(journal: &mut Journal, step: Step, attempt: u32, mut body: Body) -> Result<(), Lost> {
    for _ in 0..MAX_CONFLICTS {
        if !journal.incident().in_flight.is_some_and(|begun| begun.step == step && begun.attempt == attempt) {
            break;
        }
        if let Err(refused) = journal.would_take(&body) {
            body = outcome::failed(step, attempt, wire::Problem::new("malformed", refused.to_string()), false);
        }
        match journal.append(keys::outcome(step, attempt), body.clone()).await? {
            Appended::Written | Appended::Known => break,
            Appended::Moved => {}
            Appended::Refused(problem) => body = outcome::failed(step, attempt, problem, false),
        }
    }
    Ok(())
}
