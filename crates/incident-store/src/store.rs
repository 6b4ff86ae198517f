//! Transactions with a limit, and waiting for something to happen.

use crate::error::StoreError;
use crate::news::News;
use chassis::{SharedClock, Stop};
use chrono::{DateTime, Utc};
use database::Db;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures::future::BoxFuture;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long nothing is looked at again when nobody told of anything: what Redis would have told costs this much.
pub(crate) const RECHECK: Duration = Duration::from_millis(500);
/// The first look after news that brought nothing yet: another transaction may still be holding the feed back.
pub(crate) const RECHECK_SOON: Duration = Duration::from_millis(20);
/// What PostgreSQL may take beyond its own limit to say that it was too slow.
const SLACK: Duration = Duration::from_secs(1);

/// The database, as the rest of the service uses it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) db: Db,
    pub(crate) limit: Duration,
    pub(crate) ready: watch::Receiver<bool>,
    pub(crate) news: News,
    pub(crate) clock: SharedClock,
    pub(crate) stop: Stop,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// What a look at the database brought.
pub(crate) enum Look<T> {
    /// What was waited for.
    Found(T),
    /// Nothing; by itself something may come at that time.
    Nothing(Option<DateTime<Utc>>),
}

impl Store {
    /// Returns once the database can be asked, or at the word to stop.
    pub(crate) async fn wait_until_ready(&self) {
        let mut ready = self.ready.clone();
        tokio::select! {
            // Nobody makes it ready any more only when it stops.
            _ = ready.wait_for(|ready| *ready) => {}
            () = self.stop.requested() => {}
        }
    }

    /// A transaction that changes nothing anybody waits for.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut AsyncPgConnection) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        self.within(self.limit, work).await
    }

    /// A transaction of which everybody who waits is told.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut AsyncPgConnection) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        self.write_within(self.limit, work).await
    }

    /// The same with a limit of its own.
    pub(crate) async fn write_within<T, F>(&self, limit: Duration, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut AsyncPgConnection) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        let answer = self.within(limit, work).await?;
        self.news.tell();
        Ok(answer)
    }

    async fn within<T, F>(&self, limit: Duration, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut AsyncPgConnection) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        if !*self.ready.borrow() {
            return Err(StoreError::NotReady);
        }
        let ms = limit.as_millis();
        // The second limit is for a replica that stops in the middle: its locks must not outlive it for long.
        let limits =
            format!("SET LOCAL statement_timeout = {ms}; SET LOCAL idle_in_transaction_session_timeout = {ms}");
        let transaction = self.db.run(move |conn| {
            Box::pin(async move {
                conn.batch_execute(&limits).await?;
                work(conn).await
            })
        });
        tokio::time::timeout(limit + SLACK, transaction).await.unwrap_or(Err(StoreError::TooSlow))
    }

    /// Looks, and again whenever something happened, for at most `wait`. `None` when it brought nothing.
    pub(crate) async fn wait_for<T, F>(&self, wait: Duration, mut look: F) -> Result<Option<T>, StoreError>
    where
        F: AsyncFnMut() -> Result<Look<T>, StoreError>,
    {
        let end = Instant::now() + wait;
        let mut news = self.news.subscribe();
        let mut pause = RECHECK;
        loop {
            news.mark_unchanged();
            let due = match look().await? {
                Look::Found(found) => return Ok(Some(found)),
                Look::Nothing(due) => due,
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.stop.is_stopping() {
                return Ok(None);
            }
            let due = due.map(|due| (due - self.clock.now()).to_std().unwrap_or_default().max(RECHECK_SOON));
            let sleep = left.min(pause).min(due.unwrap_or(RECHECK));
            let heard = tokio::select! {
                heard = tokio::time::timeout(sleep, news.changed()) => heard.is_ok(),
                () = self.stop.requested() => return Ok(None),
            };
            pause = if heard { RECHECK_SOON } else { RECHECK.min(pause * 2) };
        }
    }
}
