//! Drives every open hand-over: a look reads how it and its incident stand, decides, does one thing, and keeps that. Any
//! replica may look; the row's lock lets one at a time, and a restart goes on by the same way.

use super::record::Record;
use super::step::{Then, decide};
use super::{report, send};
use crate::app::App;
use crate::error::StoreError;
use crate::schema::handovers;
use crate::store::{RECHECK, RECHECK_SOON};
use actix_web::web;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use wire::handover::{HandoverId, Outcome};

/// How long an answer is kept: the same key again is answered the same for so long.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// Those that something may be to be done about.
const DUE: &str = "SELECT h.id FROM handovers h LEFT JOIN incidents i ON i.id = h.incident_id \
    WHERE h.ended_at IS NULL AND (h.due_at <= $1 OR i.position > h.seen) ORDER BY h.accepted_at";

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Looks until the word to stop.
pub(crate) async fn follow(app: web::Data<App>) {
    app.store.wait_until_ready().await;
    let mut news = app.store.news.subscribe();
    let mut told = false;
    while !app.store.stop.is_stopping() {
        news.mark_unchanged();
        let due = look(&app).await;
        if let Err(error) = &due
            && !told
        {
            tracing::warn!(error = error as &dyn std::error::Error, "hand-overs stand still");
        }
        told = due.is_err();
        let now = app.store.clock.now();
        let until = due.ok().flatten().map(|due| (due - now).to_std().unwrap_or_default());
        let pause = until.unwrap_or(RECHECK).clamp(RECHECK_SOON, RECHECK);
        tokio::select! {
            heard = tokio::time::timeout(pause, news.changed()) => {
                // What is told of at once is looked at together.
                if heard.is_ok() { tokio::time::sleep(RECHECK_SOON).await }
            }
            () = app.store.stop.requested() => {}
        }
    }
}

/// Looks at all that are due; answers when the next one is.
async fn look(app: &web::Data<App>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let now = app.store.clock.now();
    let due: Vec<DueRow> = app
        .store
        .read(move |conn| {
            Box::pin(async move { Ok(diesel::sql_query(DUE).bind::<Timestamptz, _>(now).load(conn).await?) })
        })
        .await?;
    let mut problem = None;
    for row in due {
        // One that cannot be looked at keeps no other one waiting.
        problem = step(app, HandoverId(row.id)).await.err().or(problem);
    }
    if let Some(problem) = problem {
        return Err(problem);
    }
    let next = app.store.read(move |conn| {
        Box::pin(async move {
            let ended = handovers::table.filter(handovers::ended_at.lt(now - KEPT));
            let old: bool = diesel::select(diesel::dsl::exists(ended)).get_result(conn).await?;
            if old {
                diesel::delete(ended).execute(conn).await?;
            }
            let open = handovers::table.filter(handovers::ended_at.is_null());
            let next: Option<DateTime<Utc>> = open.select(diesel::dsl::min(handovers::due_at)).first(conn).await?;
            Ok(next)
        })
    });
    next.await
}

async fn step(app: &web::Data<App>, id: HandoverId) -> Result<(), StoreError> {
    let (own, now) = (app.clone(), app.store.clock.now());
    let then = app.store.write(move |conn| Box::pin(async move { decide(conn, &own, id, now).await })).await?;
    match then {
        Then::Nothing => {}
        // No other hand-over waits for it: a fault's row may be locked for as long as a transaction may take.
        Then::Report(record) => {
            // One that is still under way is not begun again.
            if let Some(seat) = app.handovers.reports.take(&record.id.to_string()) {
                app.store.stop.spawn("report", report::report(app.clone(), *record, seat));
            }
        }
        Then::Send(what) => {
            let (record, handing, repetition) = *what;
            app.store.stop.spawn("handover", send::send(app.clone(), record, handing, repetition));
        }
        Then::Ended(record, outcome) => count(app, &record, outcome),
    }
    Ok(())
}

/// Counts an answer, and logs it.
pub(super) fn count(app: &App, record: &Record, outcome: Outcome) {
    let (target, call) = (&record.request.target, record.request.call.shown());
    app.handovers.ended.with_label_values(&[target.as_str(), outcome.as_str()]).inc();
    tracing::info!(handover = %record.id, %target, call, outcome = outcome.as_str(), "a hand-over is answered");
}
