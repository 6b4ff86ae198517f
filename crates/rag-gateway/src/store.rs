//! What is kept in PostgreSQL: lessons and given documents, numbered in the order of the commits, and computed vectors.

mod given;
mod lessons;
mod vectors;
mod withdrawals;

use actix_web::http::StatusCode;
use chassis::ApiError;
use database::{Db, DbError};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use secrecy::SecretString;
use std::sync::OnceLock;
use std::time::Duration;
use wire::IncidentId;
use wire::plan::Lesson;
use wire::problem::code;

/// The migrations of this service.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/rag-gateway");
/// How long one attempt waits for a database that is starting.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// The limit of a write.
const WRITE: Duration = Duration::from_secs(3);
/// The limit of a look for news: a plan waits for it.
const NEWS: Duration = Duration::from_secs(1);

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The schema is not up to date yet: the database has not answered since the start.
    #[error("the schema is not up to date yet")]
    NotReady,
    /// No answer in time.
    #[error("the database did not answer in time")]
    TimedOut,
    /// There would be too many given documents.
    #[error("there would be more than {0} given documents")]
    Full(i64),
    /// The database.
    #[error("cannot keep or read knowledge")]
    Database(#[from] DbError),
}

impl ApiError for StoreError {
    fn status(&self) -> StatusCode {
        match self {
            StoreError::Full(_) => StatusCode::CONFLICT,
            StoreError::Database(error) => error.status(),
            StoreError::NotReady | StoreError::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            StoreError::Full(_) => code::KEY_CONFLICT,
            StoreError::Database(error) => error.code(),
            StoreError::NotReady | StoreError::TimedOut => code::UNAVAILABLE,
        }
    }
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

/// The tables.
#[derive(Debug)]
pub struct Store {
    db: Db,
    url: SecretString,
    /// Set once the schema is up to date.
    ready: OnceLock<()>,
}

/// How far somebody has read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Read {
    /// The number of the last lesson.
    pub lesson: i64,
    /// The number of the last change of a given document.
    pub given: i64,
    /// The number of the last withdrawal of a lesson.
    pub withdrawn: i64,
}

/// What became of a given document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It has this text.
    Text(String),
    /// The document of this id was taken out.
    Withdrawn(String),
}

/// What came after that, a page of each at most.
#[derive(Debug, Default)]
pub struct News {
    /// After what.
    pub since: Read,
    /// Lessons with their numbers.
    pub lessons: Vec<(i64, Lesson)>,
    /// What became of given documents, with its numbers.
    pub given: Vec<(i64, Given)>,
    /// Incidents whose lessons were withdrawn, with the numbers of that.
    pub withdrawn: Vec<(i64, IncidentId)>,
}

impl News {
    /// Whether there is nothing new.
    pub fn is_empty(&self) -> bool {
        self.lessons.is_empty() && self.given.is_empty() && self.withdrawn.is_empty()
    }
}

impl Store {
    /// The tables of a database. Connects when it is first used.
    ///
    /// # Errors
    /// When the pool cannot be built.
    pub fn new(url: SecretString, connections: usize) -> anyhow::Result<Self> {
        Ok(Self { db: Db::new(&url, connections)?, url, ready: OnceLock::new() })
    }

    /// Brings the schema up to date, however long the database is away.
    pub async fn prepare(&self) {
        while let Err(error) = Db::migrate(&self.url, MIGRATIONS, PATIENCE).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "nothing can be kept yet");
            tokio::time::sleep(PAUSE).await;
        }
        self.ready.get_or_init(|| ());
    }

    /// What came after what was read; empty at the end.
    ///
    /// # Errors
    /// What the database says.
    pub async fn news(&self, read: Read) -> Result<News, StoreError> {
        let both = self.db.run(|conn| {
            Box::pin(async move {
                let given = given::after(conn, read.given).await?;
                let withdrawn = withdrawals::after(conn, read.withdrawn).await?;
                let lessons = lessons::after(conn, read.lesson).await?;
                Ok::<_, StoreError>(News { since: read, lessons, given, withdrawn })
            })
        });
        self.limited(NEWS, both).await
    }

    async fn limited<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if self.ready.get().is_none() {
            return Err(StoreError::NotReady);
        }
        tokio::time::timeout(limit, work).await.unwrap_or(Err(StoreError::TimedOut))
    }
}

fn serialization(error: serde_json::Error) -> StoreError {
    DbError::Query(diesel::result::Error::DeserializationError(Box::new(error))).into()
}
