//! Reading incidents and their journals.

use crate::app::App;
use crate::error::StoreError;
use crate::rows::{self, EventRow};
use crate::schema::{incident_events, incidents};
use actix_web::web;
use chassis::Reply;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use serde_json::Value;
use wire::IncidentId;
use wire::event::Event;
use wire::incident::{Incident, IncidentPage};

/// The longest page.
const MAX_PAGE: u32 = 100;
/// How many bytes of incidents make a page full before that: callers read answers up to a bound.
const FULL: usize = 4 << 20;

/// The query of the list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listing {
    #[serde(default = "default_limit")]
    limit: u32,
    /// Whether archived ones are listed too.
    #[serde(default)]
    archived: bool,
}

fn default_limit() -> u32 {
    50
}

pub(crate) async fn list_incidents(
    app: web::Data<App>,
    listing: web::Query<Listing>,
) -> Result<web::Json<IncidentPage>, Reply<StoreError>> {
    let Listing { limit, archived } = listing.into_inner();
    let incidents = app.store.read(move |conn| Box::pin(newest(conn, limit, archived))).await?;
    Ok(web::Json(IncidentPage { incidents }))
}

pub(crate) async fn read_incident(
    app: web::Data<App>,
    id: web::Path<IncidentId>,
) -> Result<web::Json<Incident>, Reply<StoreError>> {
    let id = id.into_inner();
    let incident = app.store.read(move |conn| {
        Box::pin(async move {
            let state = incidents::table.find(id.0).select(incidents::state).first::<Value>(conn).await.optional()?;
            rows::incident(state.ok_or(StoreError::NoIncident(id))?)
        })
    });
    Ok(web::Json(incident.await?))
}

pub(crate) async fn read_journal(
    app: web::Data<App>,
    id: web::Path<IncidentId>,
) -> Result<web::Json<Vec<Event>>, Reply<StoreError>> {
    let id = id.into_inner();
    let events = app.store.read(move |conn| {
        Box::pin(async move {
            let rows = incident_events::table
                .filter(incident_events::incident_id.eq(id.0))
                .order(incident_events::position)
                .select(EventRow::as_select())
                .load(conn)
                .await?;
            // Every incident has a first event.
            if rows.is_empty() { Err(StoreError::NoIncident(id)) } else { rows::events(rows) }
        })
    });
    Ok(web::Json(events.await?))
}

/// The newest incidents, newest first.
pub(crate) async fn newest(
    conn: &mut AsyncPgConnection,
    limit: u32,
    archived: bool,
) -> Result<Vec<Incident>, StoreError> {
    let mut query = incidents::table.select(incidents::state).into_boxed();
    if !archived {
        query = query.filter(incidents::status.ne("archived"));
    }
    let states: Vec<Value> = query
        .order((incidents::detected_at.desc(), incidents::id.desc()))
        .limit(limit.min(MAX_PAGE).into())
        .load(conn)
        .await?;
    let mut bytes = 0;
    let not_full = |state: &Value| {
        let fits = bytes < FULL;
        bytes += state.to_string().len();
        fits
    };
    states.into_iter().take_while(not_full).map(rows::incident).collect()
}
