//! Reading incidents and their journals.

pub(crate) mod list;

use crate::app::App;
use crate::error::StoreError;
use crate::rows::{self, EventRow};
use crate::schema::{incident_events, incidents};
use actix_web::web;
use chassis::Reply;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use list::{Filter, Place};
use serde::Deserialize;
use serde_json::Value;
use wire::IncidentId;
use wire::event::Event;
use wire::incident::{Incident, IncidentPage};

/// The query of the list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listing {
    #[serde(default = "default_limit")]
    limit: u32,
    /// Whether archived ones are listed too.
    #[serde(default)]
    archived: bool,
    before: Option<String>,
}

fn default_limit() -> u32 {
    50
}

pub(crate) async fn list_incidents(
    app: web::Data<App>,
    listing: web::Query<Listing>,
) -> Result<web::Json<IncidentPage>, Reply<StoreError>> {
    let Listing { limit, archived, before } = listing.into_inner();
    let before = before.map(Place::try_from).transpose()?;
    let filter = Filter { limit, archived, before, ..Filter::default() };
    let page = app.store.read(move |conn| Box::pin(list::page(conn, filter))).await?;
    Ok(web::Json(page))
}

pub(crate) async fn read_incident(
    app: web::Data<App>,
    id: web::Path<IncidentId>,
) -> Result<web::Json<Incident>, Reply<StoreError>> {
    let id = id.into_inner();
    Ok(web::Json(app.store.read(move |conn| Box::pin(find(conn, id))).await?))
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

/// An incident as its row has it.
pub(crate) async fn find(conn: &mut AsyncPgConnection, id: IncidentId) -> Result<Incident, StoreError> {
    let state = incidents::table.find(id.0).select(incidents::state).first::<Value>(conn).await.optional()?;
    rows::incident(state.ok_or(StoreError::NoIncident(id))?)
}
