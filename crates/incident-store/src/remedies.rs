//! What was done on a target of late.

use crate::app::App;
use crate::error::StoreError;
use actix_web::web;
use chassis::Reply;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use wire::event::Step;
use wire::remedies::{RecentRemedies, RecentRemedy, TOLD_FOR};
use wire::{IncidentId, TargetName};

/// How many are told at most, the newest: more than any limit allows.
const MAX: i64 = 2_000;

/// A playbook that only looked has changed nothing.
const DONE: &str = "SELECT * FROM (\
    SELECT events.incident_id, incidents.code, events.kind, events.at, events.id FROM incidents \
    JOIN incident_events AS events ON events.incident_id = incidents.id \
    WHERE incidents.target = $1 AND incidents.epoch = (SELECT epoch FROM healing) \
    AND (incidents.open OR incidents.resolved_at > $2 OR incidents.detected_at > $2) AND events.at > $2 \
    AND (events.kind = 'pushed' OR events.kind = 'acted' \
    AND jsonb_array_length(coalesce(events.payload #> '{report,tried}', '[]'::jsonb)) > 0) \
    ORDER BY events.at DESC, events.id DESC LIMIT $3) AS newest ORDER BY at, id";

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = SqlUuid)]
    incident_id: Uuid,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

pub(crate) async fn list_recent(
    app: web::Data<App>,
    target: web::Path<TargetName>,
) -> Result<web::Json<RecentRemedies>, Reply<StoreError>> {
    let (target, since) = (target.into_inner(), app.store.clock.now() - TOLD_FOR);
    let read = app.store.read(move |conn| {
        Box::pin(async move {
            let query = diesel::sql_query(DONE)
                .bind::<Text, _>(target.as_str())
                .bind::<Timestamptz, _>(since)
                .bind::<BigInt, _>(MAX);
            let rows: Vec<Done> = query.load(conn).await?;
            Ok(rows)
        })
    });
    Ok(web::Json(RecentRemedies { remedies: read.await?.into_iter().filter_map(remedy).collect() }))
}

/// None of a row whose fault is a newer writer's.
fn remedy(done: Done) -> Option<RecentRemedy> {
    let step = if done.kind == "pushed" { Step::Push } else { Step::Act };
    Some(RecentRemedy { incident: IncidentId(done.incident_id), code: done.code.parse().ok()?, step, at: done.at })
}
