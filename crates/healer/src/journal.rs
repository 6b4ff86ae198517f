//! The one incident that a lease is for, and appending to its journal.

use chassis::telemetry;
use client::{CallError, IncidentStore};
use std::time::Duration;
use wire::apply::{Refused, apply};
use wire::event::{Append, Body, Event};
use wire::incident::Incident;
use wire::lease::Lease;
use wire::problem::code;
use wire::{Authority, Cursor, Problem};

/// The pauses while the store does not answer. The lease's end bounds how often.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The lease is over. Whoever sees it drops everything at once.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// The time is over and the store did not renew it.
    #[error("the lease ran out")]
    Expired,
    /// Somebody says that it is not valid (any more).
    #[error("the lease is not valid any more: {0}")]
    Refused(Problem),
}

/// What became of an append.
#[derive(Debug, PartialEq)]
pub(crate) enum Appended {
    /// It stands, and the incident is folded with it.
    Written,
    /// The key stood before. The incident was read again.
    Known,
    /// It does not stand: the journal had moved on. The incident was read again.
    Moved,
    /// It never will: the store does not take this content.
    Refused(Problem),
}

/// An incident under a lease.
#[derive(Debug)]
pub(crate) struct Journal {
    store: IncidentStore,
    authority: Authority,
    incident: Incident,
}

impl Journal {
    pub(crate) fn new(store: IncidentStore, lease: Lease) -> Self {
        Self { store, authority: lease.authority, incident: lease.incident }
    }

    /// As it stands.
    pub(crate) fn incident(&self) -> &Incident {
        &self.incident
    }

    pub(crate) fn authority(&self) -> Authority {
        self.authority
    }

    /// Whether the store would take this now.
    pub(crate) fn would_take(&self, body: &Body) -> Result<(), Refused> {
        let event = Event {
            cursor: Cursor::default(),
            incident: self.incident.id,
            position: self.incident.position.next(),
            key: String::new(),
            body: body.clone(),
            trace_parent: None,
            at: self.incident.updated_at,
            hash: self.incident.head.clone(),
        };
        apply(Some(&self.incident), &event).map(|_| ())
    }

    /// Appends at the end, and again while the store does not answer.
    pub(crate) async fn append(&mut self, key: String, body: Body) -> Result<Appended, Lost> {
        let append = Append {
            position: self.incident.position.next(),
            fence: self.authority.fence,
            key,
            body,
            trace_parent: telemetry::trace_parent(),
        };
        let mut pause = PAUSE_MIN;
        loop {
            match self.store.append(self.incident.id, &append).await {
                Ok(event) => match apply(Some(&self.incident), &event) {
                    Ok(next) if event.position == append.position => {
                        self.incident = next;
                        return Ok(Appended::Written);
                    }
                    // The key stood already, at another position.
                    _ => return self.read_again().await.map(|()| Appended::Known),
                },
                Err(error) if error.may_pass() => wait(&mut pause, &error).await,
                Err(error) => return self.refused(error).await,
            }
        }
    }

    async fn refused(&mut self, error: CallError) -> Result<Appended, Lost> {
        let problem = problem_of(&error);
        match error.code() {
            Some(code::FENCE_STALE | code::EPOCH_STALE | code::NOT_FOUND) => Err(Lost::Refused(problem)),
            Some(code::POSITION_CONFLICT) => self.read_again().await.map(|()| Appended::Moved),
            Some(code::KEY_CONFLICT) => self.read_again().await.map(|()| Appended::Known),
            _ => self.read_again().await.map(|()| Appended::Refused(problem)),
        }
    }

    /// Reads the incident again, and again while the store does not answer.
    async fn read_again(&mut self) -> Result<(), Lost> {
        let mut pause = PAUSE_MIN;
        loop {
            match self.store.incident(self.incident.id).await {
                Ok(incident) => {
                    self.incident = incident;
                    return Ok(());
                }
                Err(error) if error.status() == Some(404) => return Err(Lost::Refused(problem_of(&error))),
                Err(error) => wait(&mut pause, &error).await,
            }
        }
    }
}

/// As a problem, for a journal.
pub(crate) fn problem_of(error: &CallError) -> Problem {
    match error {
        CallError::Refused { problem, .. } => problem.clone(),
        CallError::NoAnswer { .. } => Problem::new("no_answer", error.to_string()),
        CallError::Malformed { .. } => Problem::new("malformed", error.to_string()),
    }
}

async fn wait(pause: &mut Duration, error: &CallError) {
    tracing::debug!(%error, ?pause, "asking again");
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(PAUSE_MAX);
}
