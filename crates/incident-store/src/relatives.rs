//! Incidents beside each other: what is open now, and what rests under what.

use crate::app::App;
use crate::error::StoreError;
use crate::schema::incidents;
use actix_web::web;
use chassis::Reply;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;
use wire::IncidentId;
use wire::incident::{Incident, Status};
use wire::related::{OpenIncident, OpenIncidents, Relative};

/// How many open incidents are told at most.
const MAX_OPEN: i64 = 2_000;
/// For how long what is healed is told of.
const RECENTLY: TimeDelta = TimeDelta::minutes(5);
/// How many children of one are told at most.
const MAX_CHILDREN: i64 = 500;

/// Without the journals' contents: this is asked at each step of a recovery.
const OPEN: &str = "SELECT id, target, code, status, parent, \
    coalesce(resolved_at, (SELECT max(at) FROM occurrences WHERE incident_id = incidents.id), detected_at) AS last_at, \
    coalesce((state->'detection'->>'at')::timestamptz, detected_at) AS first_at, \
    state->>'commit' IS NOT NULL AS pushed, \
    coalesce((state->>'separated')::boolean, false) OR coalesce((state->>'recurrences')::bigint, 0) > 0 AS own \
    FROM incidents WHERE open OR (status = 'resolved' AND detected_at > $2 - interval '1 day' AND resolved_at > $2) ORDER BY detected_at DESC, id DESC LIMIT $1";

#[derive(QueryableByName)]
struct OpenRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    parent: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    last_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    first_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    pushed: bool,
    #[diesel(sql_type = Bool)]
    own: bool,
}

pub(crate) async fn list_open(app: web::Data<App>) -> Result<web::Json<OpenIncidents>, Reply<StoreError>> {
    let since = app.store.clock.now() - RECENTLY;
    let read = app.store.read(move |conn| {
        Box::pin(async move {
            let query = diesel::sql_query(OPEN).bind::<BigInt, _>(MAX_OPEN).bind::<Timestamptz, _>(since);
            let rows: Vec<OpenRow> = query.load(conn).await?;
            Ok(rows)
        })
    });
    let incidents = read.await?.into_iter().filter_map(open).collect();
    Ok(web::Json(OpenIncidents { incidents }))
}

/// None of a row whose names or status are of a newer writer.
fn open(row: OpenRow) -> Option<OpenIncident> {
    Some(OpenIncident {
        id: IncidentId(row.id),
        target: row.target.parse().ok()?,
        code: row.code.parse().ok()?,
        status: status(&row.status)?,
        first_at: row.first_at,
        last_at: row.last_at,
        pushed: row.pushed,
        own: row.own,
        parent: row.parent.map(IncidentId),
    })
}

/// When an incident comes to an end or to rest, what rests under it is looked at again. A child that is just being moved is left out: its
/// holder looks by itself after a while.
pub(crate) async fn wake_children(conn: &mut AsyncPgConnection, parent: &Incident) -> Result<(), StoreError> {
    let rests = matches!(
        parent.status,
        Status::Resolved
            | Status::Escalated
            | Status::Dismissed
            | Status::Suppressed
            | Status::Advised
            | Status::Correlated
    );
    if rests {
        diesel::sql_query(
            "UPDATE incidents SET done = false, wake_at = NULL WHERE id IN \
             (SELECT id FROM incidents WHERE parent = $1 AND status = 'correlated' FOR UPDATE SKIP LOCKED)",
        )
        .bind::<SqlUuid, _>(parent.id.0)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// The incident that one rests under, and those that rest under it.
pub(crate) async fn of(
    conn: &mut AsyncPgConnection,
    incident: &Incident,
) -> Result<(Option<Relative>, Vec<Relative>), StoreError> {
    let columns = (incidents::id, incidents::target, incidents::code, incidents::status);
    let parent: Option<Row> = match incident.parent {
        Some(parent) => incidents::table.find(parent.0).select(columns).first(conn).await.optional()?,
        None => None,
    };
    let children: Vec<Row> = incidents::table
        .filter(incidents::parent.eq(incident.id.0))
        .order((incidents::detected_at, incidents::id))
        .limit(MAX_CHILDREN)
        .select(columns)
        .load(conn)
        .await?;
    Ok((parent.and_then(relative), children.into_iter().filter_map(relative).collect()))
}

type Row = (Uuid, String, String, String);

fn relative((id, target, code, standing): Row) -> Option<Relative> {
    let (target, code) = (target.parse().ok()?, code.parse().ok()?);
    Some(Relative { id: IncidentId(id), target, code, status: status(&standing)? })
}

fn status(name: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.as_str() == name)
}
