//! Sending a target's traffic somewhere: the route table, and what the front says about it.

use crate::ledger::{Ledger, LedgerError};
use crate::reliefs;
use crate::route_table::{self, RouteError};
use chrono::{DateTime, Utc};
use client::{CallError, Front};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use wire::relief::Standing;
use wire::rollout::{FrontStats, LabelStats, Route, RouteTable};
use wire::{Epoch, IncidentId, TargetName};

/// The first pause between two questions to the front, and the longest; the pauses grow in between.
const PAUSE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// Why traffic was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrafficError {
    #[error(transparent)]
    Routes(#[from] RouteError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the front has not taken the route table of generation {generation} within {limit:?}")]
    NotTaken { generation: i64, limit: Duration },
}

/// The one writer of the route table.
#[derive(Debug)]
pub(crate) struct Traffic {
    path: PathBuf,
    limit: Duration,
    front: Front,
    ledger: Ledger,
    /// Targets share the file.
    writing: Mutex<()>,
}

impl Traffic {
    /// Over the file, the front, and the ledger that outlives the file.
    pub(crate) fn new(path: PathBuf, limit: Duration, front: Front, ledger: Ledger) -> Self {
        Self { path, limit, front, ledger, writing: Mutex::default() }
    }

    /// Sends a target's traffic over a route (or nowhere), and waits until the front does so.
    pub(crate) async fn send(&self, target: &TargetName, route: Option<&Route>) -> Result<(), TrafficError> {
        let generation = self.write(target.as_str(), route).await?;
        self.taken(generation, |table| route_table::own(table, target.as_str()).eq(route)).await
    }

    /// Waits until the front has a table in force that is at least so new and is so.
    async fn taken(&self, generation: i64, is_so: impl Fn(&RouteTable) -> bool) -> Result<(), TrafficError> {
        let until = Instant::now() + self.limit;
        let mut pause = PAUSE.0;
        loop {
            if let Ok(Ok(table)) = tokio::time::timeout_at(until, self.front.routes()).await
                && table.generation >= generation
                && is_so(&table)
            {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(TrafficError::NotTaken { generation, limit: self.limit });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Puts reliefs in force, and answers what stands then: what stood before, when it was asked for already.
    pub(crate) async fn relieve(&self, standing: &Standing, now: DateTime<Utc>) -> Result<Standing, TrafficError> {
        let change = |table: &RouteTable, seen| reliefs::with(table, standing, now, seen);
        let table = self.change(standing.target.as_str(), change).await?;
        let stands = reliefs::of(&table, standing.incident, now).unwrap_or(standing).clone();
        self.taken(table.generation, |table| table.reliefs.contains(&stands)).await?;
        Ok(stands)
    }

    /// Takes an incident's reliefs away, and answers what stood until then and how many requests it answered, if the front can tell.
    pub(crate) async fn withdraw(
        &self,
        target: &TargetName,
        incident: IncidentId,
        now: DateTime<Utc>,
    ) -> Result<Option<(Standing, Option<u64>)>, TrafficError> {
        let mut stood = None;
        let table = self
            .change(target.as_str(), |table, seen| {
                stood = reliefs::of(table, incident, now).cloned();
                reliefs::without(table, incident, seen)
            })
            .await?;
        self.taken(table.generation, |table| reliefs::of(table, incident, now).is_none()).await?;
        let Some(stood) = stood else { return Ok(None) };
        let told = self.stats().await.ok();
        Ok(Some((stood, told.and_then(|told| told.relieved.get(&incident).copied()))))
    }

    /// Whether the file has reliefs of a target.
    pub(crate) fn is_eased(&self, target: &TargetName) -> Result<bool, RouteError> {
        Ok(reliefs::has(&route_table::read(&self.path)?, target))
    }

    /// Takes a target's reliefs away that are over. The front knows of their end anyway, and reads of a reset's.
    pub(crate) async fn sweep(
        &self,
        target: &TargetName,
        epoch: Epoch,
        now: DateTime<Utc>,
    ) -> Result<(), TrafficError> {
        let change = |table: &RouteTable, seen| reliefs::swept(table, target, epoch, now, seen);
        self.change(target.as_str(), change).await.map(|_| ())
    }

    /// Sees to it that the file has an owner's route. Whether the front has it in force already does not matter: who comes
    /// before that comes again.
    pub(crate) async fn publish(&self, owner: &str, route: &Route) -> Result<(), TrafficError> {
        self.write(owner, Some(route)).await.map(|_| ())
    }

    /// Writes an owner's route; answers the generation from which on it holds.
    async fn write(&self, owner: &str, route: Option<&Route>) -> Result<i64, TrafficError> {
        let table = self.change(owner, |table, seen| route_table::with(table, owner, route, seen)).await?;
        Ok(table.generation)
    }

    /// Changes the table on behalf of an owner; answers the one that the file holds then.
    async fn change(
        &self,
        owner: &str,
        change: impl FnOnce(&RouteTable, i64) -> Option<RouteTable>,
    ) -> Result<RouteTable, TrafficError> {
        let _writing = self.writing.lock().await;
        let table = route_table::read(&self.path)?;
        // A file that was lost must not begin again below what the front has seen.
        let seen = self.ledger.generation().await?;
        match change(&table, seen) {
            None => Ok(table),
            Some(next) => {
                route_table::write(&self.path, &next)?;
                self.ledger.wrote(owner, next.generation).await?;
                Ok(next)
            }
        }
    }

    /// Whether the file sends a target's traffic over a route.
    pub(crate) fn is_sent(&self, target: &TargetName, route: &Route) -> Result<bool, RouteError> {
        Ok(route_table::own(&route_table::read(&self.path)?, target.as_str()).eq([route]))
    }

    /// The front's counters.
    pub(crate) async fn stats(&self) -> Result<FrontStats, CallError> {
        self.front.stats().await
    }

    /// Waits until no request of a label is being answered, at most `limit`.
    pub(crate) async fn drained(&self, label: &str, limit: Duration) {
        let until = Instant::now() + limit;
        let mut pause = PAUSE.0;
        let busy = |stats: &LabelStats| stats.in_flight > 0;
        while let Ok(answer) = tokio::time::timeout_at(until, self.front.stats()).await {
            match answer {
                Ok(stats) if !stats.labels.get(label).is_some_and(busy) => return,
                _ if Instant::now() >= until => return,
                _ => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}
