//! `GET /developer/incidents/api/incidents/{id}`: one incident, whole.

mod view;

use crate::app::App;
use crate::error::StoreError;
use crate::rows::{self, EventRow};
use crate::schema::{incident_events, occurrences};
use crate::{feed, incidents, relatives};
use actix_web::web;
use chassis::Reply;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use view::Read;
use wire::IncidentId;
use wire::view::Detail;

/// How many events of a journal are told.
const MAX_EVENTS: i64 = 2_000;

pub(crate) async fn read_detail(
    app: web::Data<App>,
    id: web::Path<IncidentId>,
) -> Result<web::Json<Detail>, Reply<StoreError>> {
    let id = id.into_inner();
    let read = app.store.read(move |conn| Box::pin(read(conn, id))).await?;
    Ok(web::Json(view::of(read)))
}

/// Everything as it was at one moment: else an event written meanwhile would look like a row that was edited.
async fn read(conn: &mut AsyncPgConnection, id: IncidentId) -> Result<Read, StoreError> {
    conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    let cursor = feed::newest(conn).await?;
    let incident = incidents::find(conn, id).await?;
    let mut rows: Vec<EventRow> = incident_events::table
        .filter(incident_events::incident_id.eq(id.0))
        .order(incident_events::position)
        .limit(MAX_EVENTS + 1)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    let truncated = rows.len() as i64 > MAX_EVENTS;
    rows.truncate(usize::try_from(MAX_EVENTS).unwrap_or(usize::MAX));
    let reported: i64 = occurrences::table.filter(occurrences::incident_id.eq(id.0)).count().get_result(conn).await?;
    let occurrences_total = reported.unsigned_abs().max(incident.occurrences.into());
    let (parent, children) = relatives::of(conn, &incident).await?;
    Ok(Read { incident, events: rows::events(rows)?, truncated, occurrences_total, cursor, parent, children })
}
