//! The rows of what pipelines said. Bounded for each target, and never so that a message could be played again.

use super::schema::callbacks;
use super::{Ledger, LedgerError};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use wire::rollout::Callback;
use wire::{CommitId, Digest, TargetName};

/// How many words of one target are kept.
const MAX_KEPT: i64 = 500;
/// How long each is kept at least: longer than a signed message may be late or early.
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);
/// How many are looked at at once.
const MAX_OPEN: i64 = 100;

/// A pipeline's word on a commit.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) id: String,
    pub(crate) callback: Callback,
    /// The signed time.
    pub(crate) sent_at: DateTime<Utc>,
    pub(crate) received_at: DateTime<Utc>,
}

/// What became of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is new.
    New,
    /// It was kept before.
    Known,
    /// Another one was kept under its id.
    Other,
    /// There are too many within too short a time.
    TooMany,
}

type Row = (String, Value, DateTime<Utc>, DateTime<Utc>);

fn read((id, callback, sent_at, received_at): Row) -> Result<Word, LedgerError> {
    let callback = serde_json::from_value(callback).map_err(|_| LedgerError::Form { what: "a callback" })?;
    Ok(Word { id, callback, sent_at, received_at })
}

impl Ledger {
    /// Keeps a word, once; `digest` is that of the body as it was signed.
    pub(crate) async fn keep(&self, target: &TargetName, word: Word, digest: Digest) -> Result<Kept, LedgerError> {
        let target = target.to_string();
        let callback = serde_json::to_value(&word.callback).map_err(|_| LedgerError::Form { what: "a callback" })?;
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let ours = callbacks::table.filter(callbacks::target.eq(&target));
                    let oldest = ours.order(callbacks::received_at.desc()).offset(MAX_KEPT - 1);
                    let oldest: Option<DateTime<Utc>> =
                        oldest.select(callbacks::received_at).first(conn).await.optional()?;
                    if let Some(oldest) = oldest {
                        if oldest > word.received_at - KEPT_FOR {
                            return Ok(Kept::TooMany);
                        }
                        let gone = callbacks::target.eq(&target).and(callbacks::received_at.le(oldest));
                        diesel::delete(callbacks::table.filter(gone)).execute(conn).await?;
                    }
                    let row = (
                        callbacks::target.eq(&target),
                        callbacks::id.eq(&word.id),
                        callbacks::digest.eq(digest.as_str()),
                        callbacks::commit.eq(word.callback.commit.as_str()),
                        callbacks::sent_at.eq(word.sent_at),
                        callbacks::received_at.eq(word.received_at),
                        callbacks::callback.eq(callback),
                    );
                    let insert = diesel::insert_into(callbacks::table).values(row).on_conflict_do_nothing();
                    if insert.execute(conn).await? == 1 {
                        return Ok(Kept::New);
                    }
                    let known = ours.filter(callbacks::id.eq(&word.id)).select(callbacks::digest);
                    let known: String = known.first(conn).await?;
                    Ok(if known == digest.as_str() { Kept::Known } else { Kept::Other })
                })
            })
            .await
    }

    /// The last word on a commit, if it was said after a moment.
    pub(crate) async fn word(
        &self,
        target: &TargetName,
        commit: &CommitId,
        after: DateTime<Utc>,
    ) -> Result<Option<Word>, LedgerError> {
        let (target, commit) = (target.to_string(), commit.to_string());
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let words = callbacks::table
                        .filter(callbacks::target.eq(&target).and(callbacks::commit.eq(&commit)))
                        .filter(callbacks::sent_at.gt(after))
                        .order((callbacks::sent_at.desc(), callbacks::received_at.desc()))
                        .select((callbacks::id, callbacks::callback, callbacks::sent_at, callbacks::received_at));
                    words.first::<Row>(conn).await.optional()?.map(read).transpose()
                })
            })
            .await
    }

    /// The words that nothing was made of yet, in the order in which they were said.
    pub(crate) async fn open_words(&self, target: &TargetName) -> Result<Vec<Word>, LedgerError> {
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let words = callbacks::table
                        .filter(callbacks::target.eq(&target).and(callbacks::taken.eq(false)))
                        .order((callbacks::sent_at, callbacks::received_at))
                        .limit(MAX_OPEN)
                        .select((callbacks::id, callbacks::callback, callbacks::sent_at, callbacks::received_at));
                    words.load::<Row>(conn).await?.into_iter().map(read).collect()
                })
            })
            .await
    }

    /// Marks a word: what was to be made of it is made.
    pub(crate) async fn take(&self, target: &TargetName, id: &str) -> Result<(), LedgerError> {
        let (target, id) = (target.to_string(), id.to_owned());
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let row = callbacks::table.find((&target, &id));
                    diesel::update(row).set(callbacks::taken.eq(true)).execute(conn).await?;
                    Ok(())
                })
            })
            .await
    }
}
