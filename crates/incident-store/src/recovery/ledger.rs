//! Reading the feed, and adding what it comes to.

use super::samples::{self, Whose};
use super::series::{self, Family, Sum, Sums};
use crate::error::StoreError;
use crate::feed::{beyond, settled};
use crate::rows::EventRow;
use crate::schema::{incident_events, incidents, recovery_cursor, recovery_series};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;
use wire::Cursor;
use wire::event::Event;
use wire::incident::Severity;
use wire::target::Catalogue;

/// How many events are added up at once.
const PAGE: i64 = 200;
/// How much of a journal is read; a recovery that was told of more often is counted, but its stages may be wrong.
const MAX_JOURNAL: i64 = 2_000;

/// Name, values of the labels, count, sum, buckets.
type SeriesRow = (String, Vec<String>, i64, f64, Vec<i64>);

/// What a page of the feed comes to.
pub(super) struct Page {
    pub(super) from: Cursor,
    pub(super) to: Cursor,
    pub(super) is_full: bool,
    sums: Sums,
}

/// Reads on from where the last one ended, and finds out what is to be added. It writes nothing.
pub(super) async fn read(conn: &mut AsyncPgConnection, catalogue: &Catalogue) -> Result<Page, StoreError> {
    let from = cursor(conn).await?;
    let rows: Vec<(EventRow, Uuid, i64, String, String, String)> = incident_events::table
        .inner_join(incidents::table)
        .filter(beyond(from))
        .filter(settled())
        .order((incident_events::txid, incident_events::id))
        .limit(PAGE)
        .select((
            EventRow::as_select(),
            incident_events::incident_id,
            incident_events::position,
            incidents::target,
            incidents::code,
            sql::<Text>("incidents.state->>'severity'"),
        ))
        .load(conn)
        .await?;
    let (is_full, mut to) = (rows.len() as i64 == PAGE, from);
    let mut found = Vec::new();
    for (row, incident, position, target, code, severity) in rows {
        to = row.cursor();
        let severity: Severity = serde_json::from_value(severity.into()).unwrap_or_default();
        let whose = Whose::new(catalogue, &target, &code, severity);
        let Some(event) = readable(row) else { continue };
        let before =
            if samples::needs_journal(&event.body) { journal(conn, incident, position).await? } else { Vec::new() };
        found.extend(samples::of(&event, &whose, &before));
    }
    Ok(Page { from, to, is_full, sums: series::add_up(found) })
}

/// A row that was edited must not stop the rest: it counts for nothing.
fn readable(row: EventRow) -> Option<Event> {
    let cursor = row.cursor();
    let event = Event::try_from(row);
    let note = |error: &StoreError| {
        tracing::error!(%cursor, error = error as &dyn std::error::Error, "an event cannot be counted");
    };
    event.inspect_err(note).ok()
}

async fn journal(conn: &mut AsyncPgConnection, incident: Uuid, before: i64) -> Result<Vec<Event>, StoreError> {
    let mut rows: Vec<EventRow> = incident_events::table
        .filter(incident_events::incident_id.eq(incident))
        .filter(incident_events::position.lt(before))
        .order(incident_events::position.desc())
        .limit(MAX_JOURNAL)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    rows.reverse();
    Ok(rows.into_iter().filter_map(readable).collect())
}

async fn cursor(conn: &mut AsyncPgConnection) -> Result<Cursor, StoreError> {
    let (txid, id) =
        recovery_cursor::table.select((recovery_cursor::txid, recovery_cursor::id)).first::<(i64, i64)>(conn).await?;
    Ok(Cursor { txid: txid.unsigned_abs(), id })
}

/// Adds a page, unless somebody else has moved on meanwhile: then they have added it.
pub(super) async fn add(conn: &mut AsyncPgConnection, page: Page) -> Result<(), StoreError> {
    let place = |cursor: Cursor| (i64::try_from(cursor.txid).unwrap_or(i64::MAX), cursor.id);
    let ((txid, id), (to_txid, to_id)) = (place(page.from), place(page.to));
    // Its row stays locked until what is added stands.
    let moved = diesel::update(recovery_cursor::table)
        .filter(recovery_cursor::txid.eq(txid).and(recovery_cursor::id.eq(id)))
        .set((recovery_cursor::txid.eq(to_txid), recovery_cursor::id.eq(to_id)))
        .execute(conn)
        .await?;
    if moved == 0 {
        return Ok(());
    }
    for ((family, labels), sum) in page.sums {
        diesel::sql_query(
            "INSERT INTO recovery_series (name, labels, count, sum, buckets) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (name, labels) DO UPDATE SET count = recovery_series.count + excluded.count, \
             sum = recovery_series.sum + excluded.sum, \
             buckets = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0) \
                             FROM unnest(recovery_series.buckets, excluded.buckets) WITH ORDINALITY AS t (a, b, n) ORDER BY n)",
        )
        .bind::<Text, _>(family.name())
        .bind::<Array<Text>, _>(labels)
        .bind::<BigInt, _>(sum.count)
        .bind::<Double, _>(sum.sum)
        .bind::<Array<BigInt>, _>(sum.buckets)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Everything that was added up. What another version keeps under a name that this one does not know is left out.
pub(super) async fn all(conn: &mut AsyncPgConnection) -> Result<Sums, StoreError> {
    let rows: Vec<SeriesRow> = recovery_series::table
        .select((
            recovery_series::name,
            recovery_series::labels,
            recovery_series::count,
            recovery_series::sum,
            recovery_series::buckets,
        ))
        .load(conn)
        .await?;
    let known = |(name, labels, count, sum, buckets): SeriesRow| {
        let family = Family::ALL.into_iter().find(|family| family.name() == name)?;
        (family.labels().len() == labels.len()).then_some(((family, labels), Sum { count, sum, buckets }))
    };
    Ok(rows.into_iter().filter_map(known).collect())
}
