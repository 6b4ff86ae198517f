//! The one reader of the feed for all clients of this process: it looks when something was told, over Redis or within the
//! process, and otherwise every half second, so that without Redis nothing is lost but that time.

use super::frames;
use crate::app::App;
use crate::error::StoreError;
use crate::feed::{beyond, settled};
use crate::healing;
use crate::rows::{self, EventRow};
use crate::schema::{incident_events, incidents};
use crate::store::{RECHECK, RECHECK_SOON};
use crate::story;
use actix_web::web;
use chassis::Reply;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use wire::event::Event;
use wire::incident::{Severity, Status};
use wire::view::{Told, Whole};
use wire::{Cursor, FaultCode, TargetName};

/// How many events are told at once.
const PAGE: i64 = 200;
/// How many events of before are kept for clients that come again, at first.
const WINDOW: i64 = 1_000;
/// The longest sentence, characters.
const MAX_TEXT: usize = 300;

/// Events with what their incidents' rows say.
macro_rules! told_rows {
    () => {
        incident_events::table.inner_join(incidents::table).select((
            EventRow::as_select(),
            incidents::target,
            incidents::code,
            incidents::status,
            incidents::occurrences,
            sql::<Text>("incidents.state->>'severity'"),
        ))
    };
}

/// Follows the feed until the word to stop.
pub(crate) async fn follow(app: web::Data<App>) {
    app.store.wait_until_ready().await;
    let mut news = app.store.news.subscribe();
    let (mut at, mut pause, mut told) = (None, RECHECK, false);
    while !app.store.stop.is_stopping() {
        news.mark_unchanged();
        let read = step(&app, &mut at).await;
        let is_more = matches!(read, Ok(true));
        if let Err(error) = &read
            && !told
        {
            tracing::warn!(error = error as &dyn std::error::Error, "the stream stands still: its reader cannot read");
        }
        told = read.is_err();
        if is_more {
            pause = RECHECK_SOON;
            continue;
        }
        tokio::select! {
            heard = tokio::time::timeout(pause, news.changed()) => {
                pause = if heard.is_ok() { RECHECK_SOON } else { RECHECK.min(pause * 2) };
            }
            () = app.store.stop.requested() => {}
        }
    }
}

/// How far the reader is.
struct At {
    cursor: Cursor,
    whole: Whole,
}

/// Reads on and tells; answers whether there was something.
async fn step(app: &App, at: &mut Option<At>) -> Result<bool, StoreError> {
    let Some(now) = at else {
        let (window, floor) = app.store.read(|conn| Box::pin(newest(conn))).await?;
        app.hub.begin(floor, window.whole.clone(), &window.frames);
        app.hub.settle(window.horizon);
        *at = Some(At { cursor: window.last().unwrap_or(floor), whole: window.whole });
        return Ok(true);
    };
    let after = now.cursor;
    let page = app.store.read(move |conn| Box::pin(page(conn, after))).await?;
    app.hub.publish(&page.frames);
    now.cursor = page.last().unwrap_or(now.cursor);
    // A full page has not told everything below its horizon yet.
    if (page.frames.len() as i64) < PAGE {
        app.hub.settle(page.horizon);
    }
    if let Some(name) = frames::change(&now.whole, &page.whole) {
        app.hub.publish_whole(page.whole.clone(), frames::of_the_whole(name, &page.whole));
    }
    now.whole = page.whole;
    Ok(!page.frames.is_empty())
}

struct Page {
    frames: Vec<(Cursor, String)>,
    whole: Whole,
    horizon: u64,
}

impl Page {
    fn last(&self) -> Option<Cursor> {
        self.frames.last().map(|(cursor, _)| *cursor)
    }
}

#[derive(QueryableByName)]
struct Horizon {
    #[diesel(sql_type = BigInt)]
    horizon: i64,
}

/// The horizon is read before the events: every event below it is among what is read after it.
async fn begin(conn: &mut AsyncPgConnection) -> Result<(Whole, u64), StoreError> {
    let query = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon";
    let horizon: Horizon = diesel::sql_query(query).get_result(conn).await?;
    let healing = healing::read(conn).await?;
    let whole = Whole { epoch: healing.epoch, paused: healing.paused, reset_at: healing.reset_at };
    Ok((whole, horizon.horizon.unsigned_abs()))
}

async fn page(conn: &mut AsyncPgConnection, after: Cursor) -> Result<Page, StoreError> {
    let (whole, horizon) = begin(conn).await?;
    let rows = told_rows!()
        .filter(beyond(after))
        .filter(settled())
        .order((incident_events::txid, incident_events::id))
        .limit(PAGE)
        .load(conn)
        .await?;
    Ok(Page { frames: frames_of(rows), whole, horizon })
}

/// The newest events, and the place before the first of them.
async fn newest(conn: &mut AsyncPgConnection) -> Result<(Page, Cursor), StoreError> {
    let (whole, horizon) = begin(conn).await?;
    let mut rows: Vec<TellingRow> = told_rows!()
        .filter(settled())
        .order((incident_events::txid.desc(), incident_events::id.desc()))
        .limit(WINDOW + 1)
        .load(conn)
        .await?;
    let is_more = rows.len() as i64 > WINDOW;
    let before = rows.pop_if(|_| is_more).map_or_else(Cursor::default, |row| row.event.cursor());
    rows.reverse();
    Ok((Page { frames: frames_of(rows), whole, horizon }, before))
}

/// An event with what its incident's row says.
#[derive(Queryable)]
struct TellingRow {
    event: EventRow,
    target: String,
    code: String,
    status: String,
    occurrences: i64,
    severity: String,
}

/// A row that cannot be told keeps its place and is told as nothing: one that was edited must not stop the stream.
fn frames_of(rows: Vec<TellingRow>) -> Vec<(Cursor, String)> {
    let frame = |row: TellingRow| {
        let cursor = row.event.cursor();
        let frame = frame_of(row).unwrap_or_else(|error| {
            tracing::error!(%cursor, error = %Reply(error), "an event cannot be told");
            String::new()
        });
        (cursor, frame)
    };
    rows.into_iter().map(frame).collect()
}

fn frame_of(row: TellingRow) -> Result<String, StoreError> {
    let form = |what: &str| StoreError::Invalid(format!("the row's {what} has no valid form"));
    let target: TargetName = row.target.try_into().map_err(|_| form("target"))?;
    let code: FaultCode = row.code.try_into().map_err(|_| form("code"))?;
    let status = Status::ALL.into_iter().find(|status| status.as_str() == row.status).ok_or_else(|| form("status"))?;
    let severity: Severity = serde_json::from_value(row.severity.into()).unwrap_or_default();
    let kind = row.event.kind().to_owned();
    let event = Event::try_from(row.event)?;
    let told = Told {
        cursor: event.cursor,
        incident: event.incident,
        position: event.position,
        kind,
        at: event.at,
        step: frames::step(&event.body),
        target,
        code,
        status,
        severity,
        occurrences: u32::try_from(row.occurrences).unwrap_or(u32::MAX),
        text: rows::cut(&story::sentence(&event.body), MAX_TEXT),
        until: story::until(&event.body),
    };
    Ok(frames::event(frames::name(&event.body), &told))
}
