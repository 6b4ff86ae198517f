//! Holding a lease: renewing it beside the work, and dropping the work the moment it is lost.

use super::Worker;
use crate::journal::{Journal, Lost, problem_of};
use crate::keys;
use crate::next::{Move, next};
use crate::policy::Policy;
use crate::task;
use crate::work::InHand;
use chassis::telemetry;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument;
use wire::event::Body;
use wire::lease::{Lease, Release, Renew};
use wire::problem::code;
use wire::{Authority, IncidentId, Position};

/// The pause before a renewal is tried again.
const RENEW_AGAIN: Duration = Duration::from_millis(200);
/// After so many moves in turn that changed nothing, the incident is left alone for a while.
const MAX_IDLE_MOVES: u32 = 8;
/// For how long.
const ALONE: TimeDelta = TimeDelta::seconds(30);
/// How long giving a lease back may take. When it fails, the lease runs out.
const RELEASE: Duration = Duration::from_secs(2);

/// Why there is nothing more to do under a lease.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ended {
    /// Nothing until a new event.
    Rest,
    /// Nothing before this time.
    Wake(DateTime<Utc>),
}

impl Worker {
    /// Moves a leased incident until there is nothing to do, the lease is lost, or the word to stop.
    pub(super) async fn hold(&self, lease: Lease) {
        let incident = &lease.incident;
        let span =
            tracing::info_span!("recovery", otel.name = %format!("heal {}", incident.code), incident = %incident.id);
        telemetry::continue_trace(&span, incident.trace_parent.as_deref());
        self.hold_in_span(lease).instrument(span).await;
    }

    async fn hold_in_span(&self, lease: Lease) {
        let (id, authority) = (lease.incident.id, lease.authority);
        let in_hand = self.hands.take(&lease.incident, authority, self.clock.now());
        let mut journal = Journal::new(self.peers.store.clone(), lease);
        let ended = tokio::select! {
            lost = self.keep(id, authority) => Err(lost),
            ended = self.drive(&mut journal, &in_hand) => ended,
            // What is under way is asked for again by the next holder, with the same key.
            () = self.stop.requested() => Ok(Ended::Wake(self.clock.now())),
        };
        match ended {
            Ok(ended) => self.release(id, authority, ended, journal.incident().position).await,
            Err(lost) => tracing::warn!(incident = %id, error = %lost, "dropped what was under way"),
        }
    }

    /// Renews the lease until it is lost.
    async fn keep(&self, incident: IncidentId, authority: Authority) -> Lost {
        let ttl = Duration::from_millis(self.settings.lease_ms);
        let mut until = Instant::now() + ttl;
        let mut pause = ttl / 3;
        let renew = Renew { fence: authority.fence, ttl_ms: self.settings.lease_ms };
        loop {
            tokio::time::sleep_until((Instant::now() + pause).min(until)).await;
            let asked = Instant::now();
            if asked >= until {
                return Lost::Expired;
            }
            pause = RENEW_AGAIN;
            match tokio::time::timeout_at(until, self.peers.store.renew(incident, &renew)).await {
                Ok(Ok(())) => (until, pause) = (asked + ttl, ttl / 3),
                Ok(Err(error)) => match error.code() {
                    Some(code::FENCE_STALE | code::EPOCH_STALE | code::NOT_FOUND) => {
                        return Lost::Refused(problem_of(&error));
                    }
                    _ => tracing::debug!(%incident, %error, "cannot renew the lease"),
                },
                Err(_) => return Lost::Expired,
            }
        }
    }

    /// Makes move after move.
    async fn drive(&self, journal: &mut Journal, in_hand: &InHand) -> Result<Ended, Lost> {
        let mut idle = 0;
        // What had healed it and did not last is remembered as such, whatever comes next. It is told under each lease, and counts once.
        let around = self.around(journal.incident(), journal.authority());
        if let Some(lesson) = task::came_back(journal.incident(), &around) {
            self.peers.remember(&lesson).await;
        }
        while idle < MAX_IDLE_MOVES {
            let before = journal.incident().position;
            let policy = Policy::of(&self.catalogue, self.settings.limits(), journal.incident());
            let planned = next(journal.incident(), &policy, self.clock.now());
            let planned = self.among_others(journal.incident(), planned).await;
            match self.within_bounds(journal.incident(), planned).await {
                Move::Rest => return Ok(Ended::Rest),
                Move::WaitUntil(time) => return Ok(Ended::Wake(time)),
                Move::Continue { step, attempt } => self.carry_out(journal, step, attempt).await?,
                Move::Start { step, attempt, option } => {
                    let policy = policy.digest();
                    let body = Body::Started { step, attempt, option, policy };
                    journal.append(keys::started(step, attempt), body).await?;
                }
                Move::Record(body) => {
                    tracing::info!(incident = %journal.incident().id, kind = body.kind(), "decided");
                    let name = if matches!(*body, Body::Resolved { .. }) { "resolve" } else { body.kind() };
                    let span = tracing::info_span!("decision", otel.name = name);
                    journal.append(keys::decided(before.next()), *body).instrument(span).await?;
                }
            }
            in_hand.update(journal.incident());
            idle = if journal.incident().position == before { idle + 1 } else { 0 };
        }
        tracing::error!(incident = %journal.incident().id, "the store takes none of the moves; leaving it alone for a while");
        Ok(Ended::Wake(self.clock.now() + ALONE))
    }

    async fn release(&self, incident: IncidentId, authority: Authority, ended: Ended, seen: Position) {
        let (wake_at, done) = match ended {
            Ended::Rest => (None, true),
            Ended::Wake(time) => (Some(time), false),
        };
        let release = Release { fence: authority.fence, wake_at, done, seen: Some(seen) };
        match tokio::time::timeout(RELEASE, self.peers.store.release(incident, &release)).await {
            Ok(Ok(())) => tracing::debug!(%incident, ?wake_at, done, "released"),
            Ok(Err(error)) => tracing::warn!(%incident, %error, "cannot give the lease back; it runs out"),
            Err(_) => tracing::warn!(%incident, "cannot give the lease back in time; it runs out"),
        }
    }
}
