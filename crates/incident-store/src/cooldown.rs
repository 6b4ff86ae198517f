//! A fault that turned out to be nothing is left alone for a while: since when is kept in PostgreSQL, in the transaction
//! that dismisses the incident, and that decides. A marker in Redis (or, without Redis, in this process) only says that a
//! look without locks is likely to suffice; who trusts it and is wrong looks again, with locks.

mod markers;

pub(crate) use markers::Markers;

use crate::error::StoreError;
use crate::schema::cooldowns;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use wire::incident::{Incident, Status};
use wire::target::Catalogue;

/// The cooldown of this process.
#[derive(Debug)]
pub(crate) struct Cooldown {
    pub(crate) lasts: TimeDelta,
    pub(crate) markers: Markers,
}

impl Cooldown {
    /// After an event: a dismissed incident's fault is marked.
    pub(crate) async fn take_in(&self, incident: &Incident) {
        if incident.status == Status::Dismissed && self.lasts > TimeDelta::zero() {
            self.markers.mark(&incident.target, &incident.code, self.lasts).await;
        }
    }

    /// After a reset: nothing is marked.
    pub(crate) async fn clear(&self, catalogue: &Catalogue) {
        let mut keys = Vec::new();
        for target in catalogue.values() {
            keys.extend(target.faults.iter().map(|rule| markers::key(&target.name, &rule.code)));
        }
        self.markers.clear(&keys).await;
    }
}

/// It begins with the incident's last event.
pub(crate) async fn begin(conn: &mut AsyncPgConnection, incident: &Incident) -> Result<(), StoreError> {
    let since = (cooldowns::incident_id.eq(incident.id.0), cooldowns::since.eq(incident.updated_at));
    diesel::insert_into(cooldowns::table)
        .values((cooldowns::target.eq(incident.target.as_str()), cooldowns::code.eq(incident.code.as_str()), since))
        .on_conflict((cooldowns::target, cooldowns::code))
        .do_update()
        .set(since)
        .execute(conn)
        .await?;
    Ok(())
}

/// Since when the incident's fault is left alone because of it.
pub(crate) async fn since(
    conn: &mut AsyncPgConnection,
    incident: &Incident,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = cooldowns::table.find((incident.target.as_str(), incident.code.as_str()));
    let since = row.filter(cooldowns::incident_id.eq(incident.id.0)).select(cooldowns::since);
    Ok(since.first(conn).await.optional()?)
}

/// A reset forgets them all.
pub(crate) async fn forget(conn: &mut AsyncPgConnection) -> Result<(), StoreError> {
    diesel::delete(cooldowns::table).execute(conn).await?;
    Ok(())
}
