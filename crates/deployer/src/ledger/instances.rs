//! The rows of instances.

use super::schema::instances;
use super::{Ledger, LedgerError};
use crate::instance::{Instance, InstanceId, InstanceState, Running};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use wire::rollout::Colour;
use wire::{Digest, TargetName, TreeId};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = instances, check_for_backend(diesel::pg::Pg))]
pub(super) struct InstanceRow {
    id: uuid::Uuid,
    target: String,
    colour: String,
    commit: String,
    tree: String,
    artefact: String,
    port: i32,
    pid: Option<i32>,
    started: Option<i64>,
    state: String,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl TryFrom<InstanceRow> for Instance {
    type Error = LedgerError;
    fn try_from(row: InstanceRow) -> Result<Self, LedgerError> {
        let form = |what: &'static str| move || LedgerError::Form { what };
        let colour = [Colour::Blue, Colour::Green].into_iter().find(|colour| colour.as_str() == row.colour);
        Ok(Self {
            id: InstanceId(row.id),
            target: row.target.parse().ok().ok_or_else(form("a target"))?,
            colour: colour.ok_or_else(form("a colour"))?,
            commit: row.commit.parse().ok().ok_or_else(form("a commit"))?,
            tree: row.tree.parse().ok().ok_or_else(form("a tree"))?,
            artefact: row.artefact.try_into().ok().ok_or_else(form("a digest"))?,
            port: row.port.try_into().ok().ok_or_else(form("a port"))?,
            process: row.pid.zip(row.started).map(|(pid, started)| Running { pid, started }),
            state: InstanceState::parse(&row.state).ok_or_else(form("a state"))?,
        })
    }
}

impl InstanceRow {
    fn of(instance: &Instance, now: DateTime<Utc>) -> Self {
        Self {
            id: instance.id.0,
            target: instance.target.to_string(),
            colour: instance.colour.as_str().to_owned(),
            commit: instance.commit.to_string(),
            tree: instance.tree.to_string(),
            artefact: instance.artefact.to_string(),
            port: instance.port.into(),
            pid: instance.process.map(|process| process.pid),
            started: instance.process.map(|process| process.started),
            state: instance.state.as_str().to_owned(),
            created_at: now,
            changed_at: now,
        }
    }
}

impl Ledger {
    /// Records an instance before its process is started.
    pub(crate) async fn add(&self, instance: &Instance, now: DateTime<Utc>) -> Result<(), LedgerError> {
        let row = InstanceRow::of(instance, now);
        self.db
            .run(|conn| {
                Box::pin(async move {
                    diesel::insert_into(instances::table).values(&row).execute(conn).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Records the process that was started.
    pub(crate) async fn started(
        &self,
        id: InstanceId,
        process: Running,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let found = (
                        instances::pid.eq(process.pid),
                        instances::started.eq(process.started),
                        instances::changed_at.eq(now),
                    );
                    diesel::update(instances::table.find(id.0)).set(found).execute(conn).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Records a new state.
    pub(crate) async fn mark(
        &self,
        id: InstanceId,
        state: InstanceState,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.db.run(|conn| Box::pin(async move { mark(conn, id, state, now).await })).await
    }

    /// An instance.
    pub(crate) async fn instance(&self, id: InstanceId) -> Result<Option<Instance>, LedgerError> {
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let row = instances::table.find(id.0).select(InstanceRow::as_select());
                    row.first(conn).await.optional()?.map(Instance::try_from).transpose()
                })
            })
            .await
    }

    /// The instances of a target in some states, oldest first.
    pub(crate) async fn instances(
        &self,
        target: &TargetName,
        states: &'static [InstanceState],
    ) -> Result<Vec<Instance>, LedgerError> {
        let target = target.to_string();
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
                    let rows = instances::table
                        .filter(instances::target.eq(&target).and(instances::state.eq_any(states)))
                        .order((instances::created_at, instances::id))
                        .select(InstanceRow::as_select());
                    rows.load(conn).await?.into_iter().map(Instance::try_from).collect()
                })
            })
            .await
    }

    /// The artefact that was last run of a tree.
    pub(crate) async fn artefact_of(&self, target: &TargetName, tree: &TreeId) -> Result<Option<Digest>, LedgerError> {
        let (target, tree) = (target.to_string(), tree.to_string());
        self.db
            .run(|conn| {
                Box::pin(async move {
                    let newest = instances::table
                        .filter(instances::target.eq(&target).and(instances::tree.eq(&tree)))
                        .order(instances::created_at.desc())
                        .select(instances::artefact);
                    let found: Option<String> = newest.first(conn).await.optional()?;
                    Ok(found.and_then(|digest| digest.try_into().ok()))
                })
            })
            .await
    }
}

/// Records a new state, within a caller's transaction. What has ended stays ended.
pub(super) async fn mark(
    conn: &mut AsyncPgConnection,
    id: InstanceId,
    state: InstanceState,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let row = instances::table.find(id.0).filter(instances::state.ne(InstanceState::Ended.as_str()));
    let change = (instances::state.eq(state.as_str()), instances::changed_at.eq(now));
    diesel::update(row).set(change).execute(conn).await?;
    Ok(())
}
