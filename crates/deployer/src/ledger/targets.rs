//! The row of a target: the highest fence and epoch, and what runs.

use super::schema::{instances, targets};
use super::{Ledger, LedgerError, instances::InstanceRow};
use crate::instance::{Instance, InstanceId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use wire::{Authority, CommitId, Epoch, TargetName};

/// What runs of a target.
#[derive(Debug, Clone)]
pub(crate) struct LiveNow {
    pub(crate) instance: Instance,
    /// May be newer than the instance's own: an equal tree is adopted.
    pub(crate) commit: CommitId,
    pub(crate) since: DateTime<Utc>,
    /// How many roll-outs have gone live.
    pub(crate) rollouts: i64,
}

/// Which commit of a target runs, whoever rolled it out.
#[derive(Debug, Clone)]
pub(crate) struct LiveCommit {
    pub(crate) commit: CommitId,
    pub(crate) since: DateTime<Utc>,
    pub(crate) rollouts: i64,
}

/// Why a request's authority is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stale {
    #[error("a newer lease (fence {seen}) has acted on this target: take a lease again")]
    Fence { seen: i64 },
    #[error("a reset began epoch {seen}: work of an older one is refused")]
    Epoch { seen: i64 },
}

impl Stale {
    /// The wire's code for it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Stale::Fence { .. } => wire::problem::code::FENCE_STALE,
            Stale::Epoch { .. } => wire::problem::code::EPOCH_STALE,
        }
    }
}

impl Ledger {
    /// Makes the rows of targets that have none yet.
    pub(crate) async fn know(&self, names: Vec<TargetName>) -> Result<(), LedgerError> {
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let rows: Vec<_> = names.iter().map(|name| targets::target.eq(name.as_str())).collect();
                    diesel::insert_into(targets::table).values(rows).on_conflict_do_nothing().execute(conn).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Compares an authority with the highest seen, and keeps it when it is higher.
    pub(crate) async fn admit(
        &self,
        target: &TargetName,
        authority: Authority,
    ) -> Result<Result<(), Stale>, LedgerError> {
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let row = targets::table.find(&target).select((targets::fence, targets::epoch)).for_update();
                    let (fence, epoch): (i64, i64) = row.first(conn).await?;
                    if authority.epoch.0 < epoch {
                        return Ok(Err(Stale::Epoch { seen: epoch }));
                    }
                    if authority.fence.0 < fence {
                        return Ok(Err(Stale::Fence { seen: fence }));
                    }
                    if (authority.fence.0, authority.epoch.0) != (fence, epoch) {
                        let higher = (targets::fence.eq(authority.fence.0), targets::epoch.eq(authority.epoch.0));
                        diesel::update(targets::table.find(&target)).set(higher).execute(conn).await?;
                    }
                    Ok(Ok(()))
                })
            })
            .await
    }

    /// The highest epoch seen; `at_least` is kept when it is higher (a reset's trailer).
    pub(crate) async fn epoch(&self, target: &TargetName, at_least: Epoch) -> Result<Epoch, LedgerError> {
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let row = targets::table.find(&target);
                    let epoch: i64 = row.select(targets::epoch).first(conn).await?;
                    if at_least.0 > epoch {
                        diesel::update(row.filter(targets::epoch.lt(at_least.0)))
                            .set(targets::epoch.eq(at_least.0))
                            .execute(conn)
                            .await?;
                    }
                    Ok(Epoch(epoch.max(at_least.0)))
                })
            })
            .await
    }

    /// What runs; none before the first roll-out.
    pub(crate) async fn live(&self, target: &TargetName) -> Result<Option<LiveNow>, LedgerError> {
        let target = target.to_string();
        self.db.run(|conn| Box::pin(async move { live(conn, &target).await })).await
    }

    /// Which commit runs; none before the first roll-out.
    pub(crate) async fn live_commit(&self, target: &TargetName) -> Result<Option<LiveCommit>, LedgerError> {
        type Row = (Option<String>, Option<DateTime<Utc>>, i64);
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let row = targets::table.find(&target);
                    let row = row.select((targets::commit, targets::since, targets::rollouts));
                    let row: Option<Row> = row.first(conn).await.optional()?;
                    let Some((Some(commit), Some(since), rollouts)) = row else { return Ok(None) };
                    let commit = commit.parse().map_err(|_| LedgerError::Form { what: "a commit" })?;
                    Ok(Some(LiveCommit { commit, since, rollouts }))
                })
            })
            .await
    }

    /// The last generation that was written.
    pub(crate) async fn generation(&self) -> Result<i64, LedgerError> {
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let highest = targets::table.select(diesel::dsl::max(targets::generation));
                    Ok(highest.first::<Option<i64>>(conn).await?.unwrap_or(0))
                })
            })
            .await
    }

    /// Keeps the generation that was written for a target.
    pub(crate) async fn wrote(&self, target: &str, generation: i64) -> Result<(), LedgerError> {
        let target = target.to_owned();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let row = targets::table.find(&target).filter(targets::generation.lt(generation));
                    diesel::update(row).set(targets::generation.eq(generation)).execute(conn).await?;
                    Ok(())
                })
            })
            .await
    }
}

type LiveRow = (Option<String>, Option<uuid::Uuid>, Option<DateTime<Utc>>, i64);

async fn live(conn: &mut AsyncPgConnection, target: &str) -> Result<Option<LiveNow>, LedgerError> {
    let columns = (targets::commit, targets::instance, targets::since, targets::rollouts);
    let row: Option<LiveRow> = targets::table.find(target).select(columns).first(conn).await.optional()?;
    let Some((Some(commit), Some(instance), Some(since), rollouts)) = row else { return Ok(None) };
    let row = instances::table.find(instance).select(InstanceRow::as_select()).first(conn).await?;
    let commit = commit.parse().map_err(|_| LedgerError::Form { what: "a commit" })?;
    Ok(Some(LiveNow { instance: row.try_into()?, commit, since, rollouts }))
}

/// Records what runs from now on; within a caller's transaction.
pub(super) async fn set_live(
    conn: &mut AsyncPgConnection,
    target: &str,
    (instance, commit, since): (Option<InstanceId>, &CommitId, DateTime<Utc>),
    counts: bool,
) -> Result<(), LedgerError> {
    let now = (
        targets::instance.eq(instance.map(|instance| instance.0)),
        targets::commit.eq(commit.as_str()),
        targets::since.eq(since),
        targets::rollouts.eq(targets::rollouts + i64::from(counts)),
    );
    diesel::update(targets::table.find(target)).set(now).execute(conn).await?;
    Ok(())
}
