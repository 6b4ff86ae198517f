//! PostgreSQL: a bounded number of connections, a limit on every wait, one transaction at a time on each.

use futures_util::future::BoxFuture;
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls, Transaction};

/// Connections at most, replays' own included.
const CONNECTIONS: usize = 8;
/// How long a request waits for a free connection.
const SEAT_LIMIT: Duration = Duration::from_millis(500);
/// How long opening a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// How long everything together may take; within the time that a stop leaves to requests in flight.
const TOTAL_LIMIT: Duration = Duration::from_secs(3);
/// The server's own limits, so that nothing runs on there after we have given up.
const SERVER_LIMITS: &str =
    "-c statement_timeout=2500 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=3000";
/// The name of ordinary connections in the server's log.
const NAME: &str = "fault-app";

/// The database as a handler sees it.
pub(crate) struct Database {
    config: Config,
    seats: Semaphore,
    idle: Mutex<Vec<Client>>,
    /// Connections are driven here: a web worker's own runtime ends before requests of other workers do.
    runtime: Handle,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Every connection is in use.
    Busy,
    /// No connection can be opened, or it broke.
    Unreachable(Option<Error>),
    /// It took too long.
    Late,
    /// The server, or the row it answered with, refused the work itself.
    Refused(Error),
}

impl Database {
    /// Connects lazily; `runtime` outlives the web workers.
    pub(crate) fn new(mut config: Config, runtime: Handle) -> Self {
        let options = config.get_options().map_or_else(|| SERVER_LIMITS.into(), |own| format!("{own} {SERVER_LIMITS}"));
        config.options(options).connect_timeout(CONNECT_LIMIT).tcp_user_timeout(TOTAL_LIMIT);
        Self { config, seats: Semaphore::new(CONNECTIONS), idle: Mutex::default(), runtime }
    }

    /// Does `work` in a transaction, committed on success and rolled back on error. A replay gets a connection of its
    /// own that bears its id, so that the server's statement log tells what the replay did.
    pub(crate) async fn transaction<T>(
        &self,
        replay: Option<&str>,
        work: for<'a> fn(&'a Transaction<'_>) -> BoxFuture<'a, Result<T, Error>>,
    ) -> Result<T, Failure> {
        timeout(TOTAL_LIMIT, async {
            let _seat = self.seat().await?;
            let mut client = match self.reusable(replay) {
                Some(client) => client,
                None => self.connect(replay).await?,
            };
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
        })
        .await
        .unwrap_or(Err(Failure::Late))
    }

    async fn seat(&self) -> Result<SemaphorePermit<'_>, Failure> {
        match timeout(SEAT_LIMIT, self.seats.acquire()).await {
            Ok(Ok(seat)) => Ok(seat),
            Ok(Err(_)) | Err(_) => Err(Failure::Busy),
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
        let opening = self.runtime.spawn(timeout(CONNECT_LIMIT, async move {
            let (client, connection) = config.connect(NoTls).await?;
            // Its errors reach the client's caller too.
            tokio::spawn(async move { connection.await.ok() });
            Ok(client)
        }));
        match opening.await {
            Ok(Ok(Ok(client))) => Ok(client),
            Ok(Ok(Err(error))) => Err(Failure::Unreachable(Some(error))),
            Ok(Err(_)) | Err(_) => Err(Failure::Unreachable(None)),
        }
    }
}

impl Failure {
    /// Tells a broken or overloaded server from work that it refused.
    fn of(error: Error) -> Self {
        match error.code() {
            Some(&SqlState::QUERY_CANCELED) => Failure::Late,
            Some(code) if ["08", "53", "57", "58", "XX"].iter().any(|class| code.code().starts_with(class)) => {
                Failure::Unreachable(None)
            }
            None if error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>()) => {
                Failure::Unreachable(None)
            }
            _ => Failure::Refused(error),
        }
    }
}
