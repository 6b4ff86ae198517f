//! `GET /v1/events`: all events by cursor.

use crate::app::App;
use crate::error::StoreError;
use crate::rows::{self, EventRow};
use crate::schema::incident_events;
use crate::store::Look;
use actix_web::web;
use chassis::Reply;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use std::time::Duration;
use wire::Cursor;
use wire::event::{Event, Feed};
use wire::operation::MAX_WAIT_MS;

/// The longest page.
const MAX_PAGE: usize = 500;
/// How many events are read at once.
const CHUNK: usize = 50;
/// How many bytes of events make a page full before that: callers read answers up to a bound.
const FULL: usize = 2 << 20;

/// The query.
#[derive(Debug, Deserialize)]
pub(crate) struct Place {
    #[serde(default)]
    after: Cursor,
    #[serde(default = "default_limit")]
    limit: usize,
    #[serde(default)]
    wait_ms: u64,
}

fn default_limit() -> usize {
    100
}

pub(crate) async fn read_feed(
    app: web::Data<App>,
    place: web::Query<Place>,
) -> Result<web::Json<Feed>, Reply<StoreError>> {
    let Place { after, limit, wait_ms } = place.into_inner();
    let limit = limit.clamp(1, MAX_PAGE);
    let wait = Duration::from_millis(wait_ms.min(MAX_WAIT_MS));
    let look = async || {
        let events = app.store.read(move |conn| Box::pin(page(conn, after, limit))).await?;
        Ok(if events.is_empty() { Look::Nothing(None) } else { Look::Found(events) })
    };
    let events = app.store.wait_for(wait, look).await?.unwrap_or_default();
    let next = events.last().map_or(after, |event| event.cursor);
    Ok(web::Json(Feed { events, next }))
}

async fn page(conn: &mut AsyncPgConnection, after: Cursor, limit: usize) -> Result<Vec<Event>, StoreError> {
    let mut events: Vec<Event> = Vec::new();
    let mut bytes = 0;
    while events.len() < limit && bytes < FULL {
        let from = events.last().map_or(after, |event| event.cursor);
        let wanted = CHUNK.min(limit - events.len());
        let read = chunk(conn, from, wanted).await?;
        let is_last = read.len() < wanted;
        for event in read {
            bytes += serde_json::to_vec(&event).map_or(0, |text| text.len());
            events.push(event);
            if bytes >= FULL {
                break;
            }
        }
        if is_last {
            break;
        }
    }
    Ok(events)
}

async fn chunk(conn: &mut AsyncPgConnection, after: Cursor, wanted: usize) -> Result<Vec<Event>, StoreError> {
    let rows = incident_events::table
        .filter(beyond(after))
        .filter(settled())
        .order((incident_events::txid, incident_events::id))
        .limit(i64::try_from(wanted).unwrap_or(i64::MAX))
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    rows::events(rows)
}

/// The place of the last event that is settled: what a reader who begins now knows.
pub(crate) async fn newest(conn: &mut AsyncPgConnection) -> Result<Cursor, StoreError> {
    let place = incident_events::table
        .filter(settled())
        .order((incident_events::txid.desc(), incident_events::id.desc()))
        .select((incident_events::txid, incident_events::id))
        .first::<(i64, i64)>(conn)
        .await
        .optional()?;
    Ok(place.map_or_else(Cursor::default, |(txid, id)| Cursor { txid: txid.unsigned_abs(), id }))
}

/// What comes after a place.
pub(crate) fn beyond(after: Cursor) -> SqlLiteral<Bool> {
    let txid = i64::try_from(after.txid).unwrap_or(i64::MAX);
    // Two numbers: nothing of it is text from outside.
    sql(&format!("(incident_events.txid, incident_events.id) > ({txid}, {})", after.id))
}

/// What no running transaction can still come before: such a one has a lower number than any that begins from now.
pub(crate) fn settled() -> SqlLiteral<Bool> {
    sql("incident_events.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
}
