//! Lessons in PostgreSQL: one row an incident, never changed, numbered in the order of the commits.

use crate::schema::lessons;
use actix_web::http::StatusCode;
use chassis::ApiError;
use chrono::{DateTime, Utc};
use database::{Db, DbError};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use diesel_async::SimpleAsyncConnection;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use secrecy::SecretString;
use std::sync::OnceLock;
use std::time::Duration;
use wire::Digest;
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
/// How many lessons are read at once.
const PAGE: i64 = 100;

/// Why the lessons did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LessonsError {
    /// The schema is not up to date yet: the database has not answered since the start.
    #[error("the schema is not up to date yet")]
    NotReady,
    /// No answer in time.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The incident has another lesson already.
    #[error("this incident has another lesson already; a lesson is never changed")]
    Conflict,
    /// The database.
    #[error("cannot keep or read lessons")]
    Database(#[from] DbError),
}

impl ApiError for LessonsError {
    fn status(&self) -> StatusCode {
        match self {
            LessonsError::Conflict => StatusCode::CONFLICT,
            LessonsError::Database(error) => error.status(),
            LessonsError::NotReady | LessonsError::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            LessonsError::Conflict => code::KEY_CONFLICT,
            LessonsError::Database(error) => error.code(),
            LessonsError::NotReady | LessonsError::TimedOut => code::UNAVAILABLE,
        }
    }
}

impl From<diesel::result::Error> for LessonsError {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

/// The table.
#[derive(Debug)]
pub struct Lessons {
    db: Db,
    url: SecretString,
    /// Set once the schema is up to date.
    ready: OnceLock<()>,
}

#[derive(Insertable)]
#[diesel(table_name = lessons)]
struct NewRow {
    incident: uuid::Uuid,
    digest: String,
    lesson: serde_json::Value,
    learned_at: DateTime<Utc>,
}

impl Lessons {
    /// The lessons of a database. Connects when it is first used.
    ///
    /// # Errors
    /// When the pool cannot be built.
    pub fn new(url: SecretString, connections: usize) -> anyhow::Result<Self> {
        Ok(Self { db: Db::new(&url, connections)?, url, ready: OnceLock::new() })
    }

    /// Brings the schema up to date, however long the database is away.
    pub async fn prepare(&self) {
        while let Err(error) = Db::migrate(&self.url, MIGRATIONS, PATIENCE).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "lessons cannot be kept yet");
            tokio::time::sleep(PAUSE).await;
        }
        self.ready.get_or_init(|| ());
    }

    /// Keeps a lesson. The same again changes nothing.
    ///
    /// # Errors
    /// [`LessonsError::Conflict`] when the incident has another one, else what the database says.
    pub async fn keep(&self, lesson: &Lesson, at: DateTime<Utc>) -> Result<(), LessonsError> {
        let json = serde_json::to_value(lesson).map_err(|error| DbError::Query(serialization(error)))?;
        let digest = Digest::of_json(&json);
        let row = NewRow { incident: lesson.incident.0, digest: digest.to_string(), lesson: json, learned_at: at };
        self.limited(
            WRITE,
            self.db.run(|conn| {
                Box::pin(async move {
                    // The number is drawn under the lock, so that no reader sees a number before a lower one.
                    conn.batch_execute("LOCK TABLE lessons IN SHARE ROW EXCLUSIVE MODE").await?;
                    let wanted = lessons::table.find(row.incident).select(lessons::digest);
                    match wanted.first::<String>(conn).await.optional()? {
                        Some(known) if known == row.digest => return Ok(()),
                        Some(_) => return Err(LessonsError::Conflict),
                        None => {}
                    }
                    diesel::insert_into(lessons::table).values(row).execute(conn).await?;
                    Ok(())
                })
            }),
        )
        .await
    }

    /// A page of the lessons after a number, and the number of the last; empty at the end.
    ///
    /// # Errors
    /// What the database says.
    pub async fn after(&self, number: i64) -> Result<Vec<(i64, Lesson)>, LessonsError> {
        let rows: Vec<(i64, serde_json::Value)> = self
            .limited(
                NEWS,
                self.db.run(|conn| {
                    Box::pin(async move {
                        let query =
                            lessons::table.filter(lessons::number.gt(number)).order(lessons::number).limit(PAGE);
                        Ok::<_, LessonsError>(query.select((lessons::number, lessons::lesson)).load(conn).await?)
                    })
                }),
            )
            .await?;
        let read = rows.into_iter().map(|(number, json)| serde_json::from_value(json).map(|lesson| (number, lesson)));
        read.collect::<Result<_, _>>().map_err(|error| DbError::Query(serialization(error)).into())
    }

    async fn limited<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, LessonsError>>,
    ) -> Result<T, LessonsError> {
        if self.ready.get().is_none() {
            return Err(LessonsError::NotReady);
        }
        tokio::time::timeout(limit, work).await.unwrap_or(Err(LessonsError::TimedOut))
    }
}

fn serialization(error: serde_json::Error) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(Box::new(error))
}
