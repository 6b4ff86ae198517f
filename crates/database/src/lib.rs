#![doc = include_str!("../README.md")]

use actix_web::http::StatusCode;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Pool, PoolError};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long a caller waits for a free connection.
const WAIT: Duration = Duration::from_secs(2);
/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// One lock for every service's migrations: they are short, and two replicas must not run the same.
const MIGRATION_LOCK: i64 = 0x6b69_6e74_7375_6769;

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection, or none free in time. It may pass.
    #[error("the database does not answer")]
    Away(#[source] PoolError),
    /// The connection broke on the way; what was asked may or may not have happened.
    #[error("the connection to the database broke")]
    Broken(#[source] diesel::result::Error),
    /// It refused a statement.
    #[error("the database refused a statement")]
    Query(#[source] diesel::result::Error),
    /// A migration failed. The cause holds no secret; the connection's URL is not part of it.
    #[error("cannot bring the schema up to date: {0}")]
    Migration(String),
}

impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
        use diesel::result::Error;
        match &error {
            Error::DatabaseError(ClosedConnection | UnableToSendCommand, _) | Error::BrokenTransactionManager => {
                DbError::Broken(error)
            }
            _ => DbError::Query(error),
        }
    }
}

impl chassis::ApiError for DbError {
    fn status(&self) -> StatusCode {
        match self {
            DbError::Away(_) | DbError::Broken(_) => StatusCode::SERVICE_UNAVAILABLE,
            DbError::Query(_) | DbError::Migration(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            DbError::Away(_) | DbError::Broken(_) => wire::problem::code::UNAVAILABLE,
            DbError::Query(_) | DbError::Migration(_) => wire::problem::code::INTERNAL,
        }
    }
}

/// A pool of connections. Cheap to clone. Connects when it is first used.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}

impl Db {
    /// A pool of at most `size` connections.
    ///
    /// # Errors
    /// When the pool cannot be built.
    pub fn new(url: &SecretString, size: usize) -> Result<Self, diesel_async::pooled_connection::deadpool::BuildError> {
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url.expose_secret());
        let pool = Pool::builder(manager)
            .max_size(size)
            // The one that was used last has its statements prepared; the others would have to prepare them again.
            .queue_mode(deadpool::managed::QueueMode::Lifo)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(CONNECT))
            .recycle_timeout(Some(CONNECT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        Ok(Self { pool })
    }

    /// One closure, one transaction: `db.run(|conn| Box::pin(async move { … })).await`. An error rolls it back.
    ///
    /// # Errors
    /// The closure's own, or the database's.
    pub async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut AsyncPgConnection) -> BoxFuture<'a, Result<T, E>> + Send,
        E: From<DbError> + From<diesel::result::Error> + Send,
        T: Send,
    {
        let mut connection = self.pool.get().await.map_err(DbError::Away)?;
        connection.transaction(async |conn| work(conn).await).await
    }

    /// Brings the schema up to date, one process at a time, waiting for a database that is still starting.
    ///
    /// # Errors
    /// When the database does not answer for `patience`, or a migration fails.
    pub async fn migrate(
        url: &SecretString,
        migrations: EmbeddedMigrations,
        patience: Duration,
    ) -> Result<(), DbError> {
        let url = url.clone();
        let (begun, pause) = (std::time::Instant::now(), Duration::from_millis(200));
        loop {
            let url = url.clone();
            // The harness blocks, so it gets a thread of its own.
            let attempt = tokio::task::spawn_blocking(move || connect(&url)).await;
            match attempt.map_err(|error| DbError::Migration(error.to_string()))? {
                Ok(connection) => {
                    let done = tokio::task::spawn_blocking(move || migrate_now(connection, migrations)).await;
                    return done.map_err(|error| DbError::Migration(error.to_string()))?;
                }
                Err(error) if begun.elapsed() > patience => return Err(error),
                Err(_) => tokio::time::sleep(pause).await,
            }
        }
    }
}

type Blocking = AsyncConnectionWrapper<AsyncPgConnection>;

fn connect(url: &SecretString) -> Result<Blocking, DbError> {
    <Blocking as diesel::Connection>::establish(url.expose_secret())
        .map_err(|_| DbError::Migration("the database does not answer".to_owned()))
}

fn migrate_now(mut connection: Blocking, migrations: EmbeddedMigrations) -> Result<(), DbError> {
    use diesel::RunQueryDsl;
    diesel::sql_query(format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).execute(&mut connection)?;
    // The lock ends with the connection, also when a migration fails.
    connection.run_pending_migrations(migrations).map(|_| ()).map_err(|error| DbError::Migration(error.to_string()))
}
