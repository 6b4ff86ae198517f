//! How far each sink has been told, in PostgreSQL.

use crate::schema::{dead_letters, sinks};
use chrono::{DateTime, TimeDelta, Utc};
use database::{Db, DbError};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use secrecy::SecretString;
use serde::Serialize;
use std::time::Duration;
use wire::Cursor;

/// The migrations of this service.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/notifier");
/// How long one attempt waits for a database that is starting.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a replica tells before it must say again that it is there.
const HOLD: TimeDelta = TimeDelta::seconds(6);
/// How many dead letters are listed.
const LISTED: i64 = 100;

/// The tables.
#[derive(Debug)]
pub(crate) struct Ledger {
    db: Db,
    url: SecretString,
}

/// A sink, as this replica holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// What happened before is not told.
    pub(crate) since: DateTime<Utc>,
    /// Everything up to here was told.
    pub(crate) cursor: Cursor,
}

/// A sink, for people.
#[derive(Debug, Clone, Serialize, Queryable)]
pub(crate) struct SinkRow {
    pub(crate) name: String,
    pub(crate) since: DateTime<Utc>,
    pub(crate) txid: i64,
    pub(crate) event: i64,
    pub(crate) delivered: i64,
    pub(crate) holder: String,
    pub(crate) held_until: DateTime<Utc>,
}

/// A message that was refused for good.
#[derive(Debug, Clone, Serialize, Queryable, Insertable)]
#[diesel(table_name = dead_letters)]
pub(crate) struct DeadLetter {
    pub(crate) sink: String,
    pub(crate) message: String,
    pub(crate) body: serde_json::Value,
    pub(crate) problem: String,
    pub(crate) at: DateTime<Utc>,
}

impl Ledger {
    /// Connects when it is first used.
    pub(crate) fn new(url: SecretString, connections: usize) -> anyhow::Result<Self> {
        Ok(Self { db: Db::new(&url, connections)?, url })
    }

    /// Brings the schema up to date.
    pub(crate) async fn prepare(&self) -> Result<(), DbError> {
        Db::migrate(&self.url, MIGRATIONS, PATIENCE).await
    }

    /// Takes or keeps the sink for this replica; `None` while another one tells.
    pub(crate) async fn hold(&self, sink: &str, holder: &str, now: DateTime<Utc>) -> Result<Option<Place>, DbError> {
        let (sink, holder) = (sink.to_owned(), holder.to_owned());
        self.db
            .run(|conn| {
                Box::pin(async move {
                    diesel::insert_into(sinks::table)
                        .values((sinks::name.eq(&sink), sinks::since.eq(now)))
                        .on_conflict_do_nothing()
                        .execute(conn)
                        .await?;
                    let free = sinks::holder.eq(&holder).or(sinks::held_until.lt(now));
                    let row: Option<(DateTime<Utc>, i64, i64)> = diesel::update(sinks::table.find(&sink).filter(free))
                        .set((sinks::holder.eq(&holder), sinks::held_until.eq(now + HOLD)))
                        .returning((sinks::since, sinks::txid, sinks::event))
                        .get_result(conn)
                        .await
                        .optional()?;
                    let cursor = |txid: i64, id| Cursor { txid: u64::try_from(txid).unwrap_or_default(), id };
                    Ok(row.map(|(since, txid, id)| Place { since, cursor: cursor(txid, id) }))
                })
            })
            .await
    }

    /// Records that everything up to here was told, if this replica still tells; with the message that was refused, if so.
    pub(crate) async fn advance(
        &self,
        (sink, holder): (&str, &str),
        to: Cursor,
        delivered: i64,
        dead: Option<DeadLetter>,
    ) -> Result<bool, DbError> {
        let (sink, holder) = (sink.to_owned(), holder.to_owned());
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let ours = sinks::table.find(&sink).filter(sinks::holder.eq(&holder));
                    let moved = diesel::update(ours)
                        .set((
                            sinks::txid.eq(i64::try_from(to.txid).unwrap_or(i64::MAX)),
                            sinks::event.eq(to.id),
                            sinks::delivered.eq(sinks::delivered + delivered),
                        ))
                        .execute(conn)
                        .await?;
                    if let Some(dead) = dead.filter(|_| moved == 1) {
                        let insert = diesel::insert_into(dead_letters::table).values(dead);
                        insert.on_conflict_do_nothing().execute(conn).await?;
                    }
                    Ok(moved == 1)
                })
            })
            .await
    }

    /// Gives the sink back.
    pub(crate) async fn release(&self, sink: &str, holder: &str, now: DateTime<Utc>) -> Result<(), DbError> {
        let (sink, holder) = (sink.to_owned(), holder.to_owned());
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let ours = sinks::table.find(&sink).filter(sinks::holder.eq(&holder));
                    diesel::update(ours).set(sinks::held_until.eq(now)).execute(conn).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Everything that is known of the sinks, and the newest dead letters.
    pub(crate) async fn list(&self) -> Result<(Vec<SinkRow>, Vec<DeadLetter>), DbError> {
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let known = sinks::table.order(sinks::name).load(conn).await?;
                    let dead = dead_letters::table.order(dead_letters::at.desc()).limit(LISTED).load(conn).await?;
                    Ok((known, dead))
                })
            })
            .await
    }
}
