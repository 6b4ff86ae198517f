//! PostgreSQL: a bounded number of connections, a limit on every wait, one transaction at a time on each.

mod failure;

pub(crate) use failure::Failure;

use futures_util::future::BoxFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_postgres::{CancelToken, Client, Config, Error, NoTls, Transaction};

/// Connections at most, replays' own included.
pub(crate) const CONNECTIONS: usize = 8;
/// How many of them slow work may hold, so that quick work always finds one; fewer than a browser opens to one place.
pub(crate) const SLOW_CONNECTIONS: usize = 4;
/// How long a request waits for a free connection.
const SEAT_LIMIT: Duration = Duration::from_millis(500);
/// How long opening a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long the server may take to stop a statement that is given up.
const CANCEL_LIMIT: Duration = Duration::from_millis(500);
/// The server's own limits for quick work, so that nothing runs on there after we have given up.
const SERVER_LIMITS: &str =
    "-c statement_timeout=2500 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=3000";
/// The name of ordinary connections in the server's log.
const NAME: &str = "fault-app";

/// How long work may take with everything around it; all of it within the time that a stop leaves to requests in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Less than the server's own limits and what else a transaction needs.
    Quick,
    /// Work that sets a statement time-out of its own.
    Slow,
}

/// Work within a transaction.
pub(crate) trait Work<T>:
    for<'a, 'b> FnOnce(&'a Transaction<'b>) -> BoxFuture<'a, Result<T, Error>> + Send
{
}

impl<T, W> Work<T> for W where W: for<'a, 'b> FnOnce(&'a Transaction<'b>) -> BoxFuture<'a, Result<T, Error>> + Send {}

/// The database as a handler sees it.
pub(crate) struct Database {
    pool: Arc<Pool>,
    /// Connections are driven here, and work goes on here to its end: a web worker's own runtime ends before requests of
    /// other workers do, and a caller who goes away frees no connection of the server's.
    runtime: Handle,
}

struct Pool {
    config: Config,
    seats: Arc<Semaphore>,
    slow_seats: Arc<Semaphore>,
    idle: Mutex<Vec<Client>>,
    exhausted: AtomicU64,
}

/// What of the pool is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Connections in use.
    pub(crate) in_use: usize,
    /// Those of slow work among them.
    pub(crate) slow: usize,
    /// Open ones that wait for work.
    pub(crate) idle: usize,
    /// How often there was none.
    pub(crate) exhausted: u64,
}

impl Pace {
    fn limit(self) -> Duration {
        match self {
            Pace::Quick => Duration::from_secs(3),
            Pace::Slow => Duration::from_secs(7),
        }
    }
}

impl Database {
    /// Connects lazily; `runtime` outlives the web workers.
    pub(crate) fn new(mut config: Config, runtime: Handle) -> Self {
        let options = config.get_options().map_or_else(|| SERVER_LIMITS.into(), |own| format!("{own} {SERVER_LIMITS}"));
        config.options(options).connect_timeout(CONNECT_LIMIT).tcp_user_timeout(Pace::Quick.limit());
        let pool = Pool {
            config,
            seats: Arc::new(Semaphore::new(CONNECTIONS)),
            slow_seats: Arc::new(Semaphore::new(SLOW_CONNECTIONS)),
            idle: Mutex::default(),
            exhausted: AtomicU64::new(0),
        };
        Self { pool: Arc::new(pool), runtime }
    }

    /// Does `work` in a transaction, committed on success and rolled back on error. A replay gets a connection of its
    /// own that bears its id, so that the server's statement log tells what the replay did.
    pub(crate) async fn transaction<T, W>(&self, pace: Pace, replay: Option<&str>, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: for<'a, 'b> FnOnce(&'a Transaction<'b>) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let (pool, replay) = (self.pool.clone(), replay.map(str::to_owned));
        let task = self.runtime.spawn(async move { pool.transaction(pace, replay.as_deref(), work).await });
        match task.await {
            Ok(outcome) => outcome,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(Failure::Unreachable(None)),
        }
    }

    /// Has the server say figures that were counted here, so that its statement log tells them under the replay's id.
    pub(crate) async fn tell(&self, replay: Option<&str>, figures: &[(&str, u64)]) -> Result<(), Failure> {
        let columns: Vec<String> = figures.iter().map(|(name, count)| format!("{count} AS {name}")).collect();
        let statement = format!("SELECT {}", columns.join(", "));
        self.transaction(Pace::Quick, replay, |transaction| {
            Box::pin(async move { transaction.batch_execute(&statement).await })
        })
        .await
    }

    /// What of the pool is in use.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            in_use: CONNECTIONS.saturating_sub(self.pool.seats.available_permits()),
            slow: SLOW_CONNECTIONS.saturating_sub(self.pool.slow_seats.available_permits()),
            idle: self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).len(),
            exhausted: self.pool.exhausted.load(Ordering::Relaxed),
        }
    }
}

impl Pool {
    async fn transaction<T>(&self, pace: Pace, replay: Option<&str>, work: impl Work<T>) -> Result<T, Failure> {
        let _seats = self.seats(pace).await?;
        let mut cancel = None;
        match timeout(pace.limit(), self.on_a_connection(replay, work, &mut cancel)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                // The seat is free only when the server has stopped too.
                give_up(cancel).await;
                Err(Failure::Late)
            }
        }
    }

    async fn on_a_connection<T>(
        &self,
        replay: Option<&str>,
        work: impl Work<T>,
        cancel: &mut Option<CancelToken>,
    ) -> Result<T, Failure> {
        let mut client = match self.reusable(replay) {
            Some(client) => client,
            None => self.connect(replay).await?,
        };
        *cancel = Some(client.cancel_token());
        let transaction = client.transaction().await.map_err(Failure::of)?;
        let (outcome, ended) = match work(&transaction).await {
            Ok(value) => (Ok(value), transaction.commit().await),
            Err(error) => (Err(Failure::of(error)), transaction.rollback().await),
        };
        // Kept only after an orderly end. When this future is dropped half-way, the connection closes with it.
        if replay.is_none() && ended.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        }
        match (outcome, ended) {
            (Ok(_), Err(error)) => Err(Failure::of(error)),
            (outcome, _) => outcome,
        }
    }

    /// One of the connections that may be open; slow work also needs one of those that are left to it.
    async fn seats(&self, pace: Pace) -> Result<[Option<OwnedSemaphorePermit>; 2], Failure> {
        let seats = async {
            let slow = match pace {
                Pace::Quick => None,
                Pace::Slow => Some(self.slow_seats.clone().acquire_owned().await.ok()?),
            };
            Some([slow, Some(self.seats.clone().acquire_owned().await.ok()?)])
        };
        match timeout(SEAT_LIMIT, seats).await {
            Ok(Some(seats)) => Ok(seats),
            Ok(None) | Err(_) => {
                self.exhausted.fetch_add(1, Ordering::Relaxed);
                Err(Failure::Busy)
            }
        }
    }

    fn reusable(&self, replay: Option<&str>) -> Option<Client> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|client| !client.is_closed());
        if replay.is_none() { idle.pop() } else { None }
    }

    async fn connect(&self, replay: Option<&str>) -> Result<Client, Failure> {
        let mut config = self.config.clone();
        config.application_name(replay.unwrap_or(NAME));
        match timeout(CONNECT_LIMIT, config.connect(NoTls)).await {
            Ok(Ok((client, connection))) => {
                // Its errors reach the client's caller too.
                tokio::spawn(async move { connection.await.ok() });
                Ok(client)
            }
            Ok(Err(error)) => Err(Failure::Unreachable(Some(error))),
            Err(_) => Err(Failure::Unreachable(None)),
        }
    }
}

async fn give_up(cancel: Option<CancelToken>) {
    if let Some(cancel) = cancel {
        // If it cannot be told, its own statement time-out ends it.
        let _ = timeout(CANCEL_LIMIT, cancel.cancel_query(NoTls)).await;
    }
}
