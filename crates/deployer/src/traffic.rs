//! Sending a target's traffic somewhere: the route table, and what the front says about it.

use crate::ledger::{Ledger, LedgerError};
use crate::route_table::{self, RouteError};
use client::{CallError, Front};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use wire::TargetName;
use wire::rollout::{FrontStats, LabelStats, Route};

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
        let until = Instant::now() + self.limit;
        let mut pause = PAUSE.0;
        loop {
            if let Ok(Ok(table)) = tokio::time::timeout_at(until, self.front.routes()).await
                && table.generation >= generation
                && route_table::own(&table, target.as_str()).eq(route)
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

    /// Sees to it that the file has an owner's route. Whether the front has it in force already does not matter: who comes
    /// before that comes again.
    pub(crate) async fn publish(&self, owner: &str, route: &Route) -> Result<(), TrafficError> {
        self.write(owner, Some(route)).await.map(|_| ())
    }

    /// Writes an owner's route; answers the generation from which on it holds.
    async fn write(&self, owner: &str, route: Option<&Route>) -> Result<i64, TrafficError> {
        let _writing = self.writing.lock().await;
        let table = route_table::read(&self.path)?;
        // A file that was lost must not begin again below what the front has seen.
        let seen = self.ledger.generation().await?;
        match route_table::with(&table, owner, route, seen) {
            None => Ok(table.generation),
            Some(next) => {
                route_table::write(&self.path, &next)?;
                self.ledger.wrote(owner, next.generation).await?;
                Ok(next.generation)
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
