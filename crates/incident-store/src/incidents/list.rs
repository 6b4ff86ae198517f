//! Pages of incidents, newest first. A page begins where the one before ended, so the millionth costs what the first does.

use crate::error::StoreError;
use crate::rows;
use crate::schema::incidents;
use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use std::fmt;
use uuid::Uuid;
use wire::incident::{IncidentPage, Status};
use wire::{FaultCode, TargetName};

/// The longest page.
const MAX_PAGE: u32 = 100;
/// How many bytes of incidents make a page full before that: callers read answers up to a bound.
const FULL: usize = 4 << 20;

/// Which incidents.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) limit: u32,
    pub(crate) archived: bool,
    /// Any of these; empty: any.
    pub(crate) statuses: Vec<Status>,
    pub(crate) target: Option<TargetName>,
    pub(crate) code: Option<FaultCode>,
    pub(crate) since: Option<DateTime<Utc>>,
    pub(crate) before: Option<Place>,
}

/// Where a page ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    detected_at: DateTime<Utc>,
    id: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.detected_at.timestamp_micros(), self.id)
    }
}

impl TryFrom<String> for Place {
    type Error = StoreError;
    fn try_from(text: String) -> Result<Self, StoreError> {
        let place = text.split_once('.').and_then(|(micros, id)| {
            let detected_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
            Some(Self { detected_at, id: id.parse().ok()? })
        });
        place.ok_or_else(|| StoreError::Invalid("`before` must be the `next` of the page before".to_owned()))
    }
}

pub(crate) async fn page(conn: &mut AsyncPgConnection, filter: Filter) -> Result<IncidentPage, StoreError> {
    let limit = filter.limit.min(MAX_PAGE);
    let mut query = incidents::table.select((incidents::detected_at, incidents::id, incidents::state)).into_boxed();
    if !filter.archived {
        query = query.filter(incidents::status.ne(Status::Archived.as_str()));
    }
    if !filter.statuses.is_empty() {
        let statuses: Vec<&str> = filter.statuses.into_iter().map(Status::as_str).collect();
        query = query.filter(incidents::status.eq_any(statuses));
    }
    if let Some(target) = filter.target {
        query = query.filter(incidents::target.eq(String::from(target)));
    }
    if let Some(code) = filter.code {
        query = query.filter(incidents::code.eq(String::from(code)));
    }
    if let Some(since) = filter.since {
        query = query.filter(incidents::detected_at.ge(since));
    }
    if let Some(Place { detected_at, id }) = filter.before {
        let place = sql::<Bool>("(detected_at, id) < (").bind::<Timestamptz, _>(detected_at);
        query = query.filter(place.sql(", ").bind::<diesel::sql_types::Uuid, _>(id).sql(")"));
    }
    let rows: Vec<(DateTime<Utc>, Uuid, Value)> = query
        .order((incidents::detected_at.desc(), incidents::id.desc()))
        .limit(i64::from(limit) + 1)
        .load(conn)
        .await?;
    collect(rows, limit as usize)
}

/// What fits, and where the next page begins if something did not. A page without a limit is empty and the last.
fn collect(rows: Vec<(DateTime<Utc>, Uuid, Value)>, limit: usize) -> Result<IncidentPage, StoreError> {
    let found = rows.len();
    let (mut incidents, mut bytes, mut last) = (Vec::new(), 0, None);
    for (detected_at, id, state) in rows.into_iter().take(limit) {
        if bytes >= FULL {
            break;
        }
        bytes += state.to_string().len();
        incidents.push(rows::incident(state)?);
        last = Some(Place { detected_at, id });
    }
    let next = last.filter(|_| incidents.len() < found).map(|place| place.to_string());
    Ok(IncidentPage { incidents, next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::incident;

    #[test]
    fn a_place_is_what_it_says() {
        let place = Place { detected_at: DateTime::from_timestamp_micros(1_234_567).unwrap(), id: Uuid::now_v7() };
        assert_eq!(Place::try_from(place.to_string()).ok(), Some(place));
        for wrong in ["", "1", "1.", ".x", "x.y", "99999999999999999999.00000000-0000-7000-8000-000000000000"] {
            assert!(Place::try_from(wrong.to_owned()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_page_tells_where_the_next_begins_while_there_is_one() {
        let state = serde_json::to_value(incident()).unwrap();
        let rows = |count| vec![(DateTime::UNIX_EPOCH, Uuid::nil(), state.clone()); count];
        let page = |count, limit| collect(rows(count), limit).map(|page| (page.incidents.len(), page.next.is_some()));
        assert_eq!(page(3, 2).unwrap(), (2, true));
        assert_eq!(page(2, 2).unwrap(), (2, false));
        assert_eq!(page(0, 2).unwrap(), (0, false));
        assert_eq!(page(1, 0).unwrap(), (0, false));
    }
}
