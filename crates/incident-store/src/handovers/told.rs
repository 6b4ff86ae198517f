//! What a hand-over's caller was told, in order.

use super::record::Record;
use crate::error::StoreError;
use crate::schema::handover_notices;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use wire::handover::{HandoverId, Notice};

/// How many notices are read at once: more than one hand-over can have.
const MAX_READ: i64 = 2_000;

/// Tells more of it. The caller holds its lock.
pub(super) async fn add(
    conn: &mut AsyncPgConnection,
    record: &mut Record,
    notices: Vec<Notice>,
) -> Result<(), StoreError> {
    for notice in notices {
        record.told += 1;
        let notice = Notice { place: record.told, ..notice };
        let row = (
            handover_notices::handover_id.eq(record.id.0),
            handover_notices::place.eq(i32::try_from(record.told).unwrap_or(i32::MAX)),
            handover_notices::notice.eq(serde_json::to_value(&notice).map_err(StoreError::Form)?),
        );
        diesel::insert_into(handover_notices::table).values(row).execute(conn).await?;
    }
    Ok(())
}

/// What was told after a place.
pub(super) async fn after(conn: &mut AsyncPgConnection, id: HandoverId, place: u32) -> Result<Vec<Notice>, StoreError> {
    let place = i32::try_from(place).unwrap_or(i32::MAX);
    let rows: Vec<Value> = handover_notices::table
        .filter(handover_notices::handover_id.eq(id.0))
        .filter(handover_notices::place.gt(place))
        .order(handover_notices::place)
        .limit(MAX_READ)
        .select(handover_notices::notice)
        .load(conn)
        .await?;
    rows.into_iter().map(|row| serde_json::from_value(row).map_err(StoreError::Form)).collect()
}
