//! Whether healing goes on, and the epoch: one row. Pausing and resuming.

use crate::app::App;
use crate::error::StoreError;
use crate::schema::healing;
use actix_web::web;
use chassis::Reply;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use wire::reset::HealingState;
use wire::{Epoch, TargetName};

/// The row.
#[derive(Debug, Clone)]
pub(crate) struct Healing {
    pub(crate) epoch: Epoch,
    pub(crate) paused: bool,
    pub(crate) reset_at: Option<DateTime<Utc>>,
    pub(crate) reset_pending: Vec<TargetName>,
}

/// As the table has it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = healing, check_for_backend(diesel::pg::Pg))]
pub(crate) struct HealingRow {
    epoch: i64,
    paused: bool,
    reset_at: Option<DateTime<Utc>>,
    reset_pending: Vec<String>,
}

impl From<HealingRow> for Healing {
    fn from(row: HealingRow) -> Self {
        Self {
            epoch: Epoch(row.epoch),
            paused: row.paused,
            reset_at: row.reset_at,
            reset_pending: row.reset_pending.into_iter().filter_map(|name| name.try_into().ok()).collect(),
        }
    }
}

impl Healing {
    pub(crate) fn state(&self) -> HealingState {
        HealingState { epoch: self.epoch, paused: self.paused, reset_at: self.reset_at }
    }
}

/// Reads the row as it stands.
pub(crate) async fn read(conn: &mut AsyncPgConnection) -> Result<Healing, StoreError> {
    Ok(healing::table.select(HealingRow::as_select()).first(conn).await?.into())
}

/// Reads the row and keeps it as it is until the transaction's end. Whoever begins something in an epoch takes this
/// first, and a reset takes the row for itself first; so a reset never overlooks what was begun before it.
pub(crate) async fn read_for_share(conn: &mut AsyncPgConnection) -> Result<Healing, StoreError> {
    Ok(healing::table.select(HealingRow::as_select()).for_share().first(conn).await?.into())
}

pub(crate) async fn read_state(app: web::Data<App>) -> Result<web::Json<HealingState>, Reply<StoreError>> {
    let healing = app.store.read(|conn| Box::pin(read(conn))).await?;
    Ok(web::Json(healing.state()))
}

pub(crate) async fn pause(app: web::Data<App>) -> Result<web::Json<HealingState>, Reply<StoreError>> {
    Ok(web::Json(set_paused(&app, true).await?))
}

pub(crate) async fn resume(app: web::Data<App>) -> Result<web::Json<HealingState>, Reply<StoreError>> {
    Ok(web::Json(set_paused(&app, false).await?))
}

/// Whoever resumes goes on with things as they are: what a reset was still to do is not done later behind their back.
async fn set_paused(app: &App, paused: bool) -> Result<HealingState, StoreError> {
    let healing = app.store.write(move |conn| {
        Box::pin(async move {
            diesel::update(healing::table).set(healing::paused.eq(paused)).execute(conn).await?;
            if !paused {
                let nothing: Vec<String> = Vec::new();
                diesel::update(healing::table).set(healing::reset_pending.eq(nothing)).execute(conn).await?;
            }
            read(conn).await
        })
    });
    Ok(healing.await?.state())
}
