//! `POST /v1/detections`: which incident an occurrence of a fault belongs to.

mod check;
mod decide;

use crate::app::App;
use crate::cooldown;
use crate::error::StoreError;
use crate::healing::{self, Healing};
use crate::journal::{self, Entry, OWN_KEYS};
use crate::rows;
use crate::schema::{incidents, occurrences};
use actix_web::{HttpResponse, web};
use chassis::Reply;
use chrono::{DateTime, TimeDelta, Utc};
use decide::{Decision, Windows, decide_detection};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;
use wire::IncidentId;
use wire::detection::{Detection, Disposition, Received};
use wire::event::Body;
use wire::incident::{Incident, Severity, Status};

/// How often a transaction is begun again that met a faster one. Each time the faster one has left something behind, so
/// one more look nearly always suffices.
const TRIES: usize = 5;
/// How long a fault of which the journal tells no more is marked as such.
const STORM: TimeDelta = TimeDelta::seconds(10);

pub(crate) async fn post_detection(
    app: web::Data<App>,
    detection: web::Json<Detection>,
) -> Result<HttpResponse, Reply<StoreError>> {
    let received = receive(&app, detection.into_inner()).await?;
    Ok(match received.disposition {
        Disposition::Created => HttpResponse::Created().json(received),
        _ => HttpResponse::Ok().json(received),
    })
}

/// The healed incident that a detection would reopen; none when it would do anything else. Records nothing.
pub(crate) async fn reopens(app: &App, detection: Detection) -> Result<Option<IncidentId>, StoreError> {
    let record = checked(app, detection)?;
    app.store.read(|conn| Box::pin(record.reopens(conn))).await
}

/// Records a detection.
pub(crate) async fn receive(app: &App, detection: Detection) -> Result<Received, StoreError> {
    let record = checked(app, detection)?;
    let markers = &app.cooldown.markers;
    let (target, code) = (record.detection.target.clone(), record.detection.code.clone());
    if markers.holds(&target, &code).await {
        let quiet = record.clone();
        match app.store.read(|conn| Box::pin(quiet.quietly(conn))).await {
            Ok(Some(received)) => return Ok(received),
            Ok(None) => {}
            Err(error) if error.is_race() => {}
            Err(error) => return Err(error),
        }
    }
    let mut tries = 1;
    let (received, is_quiet) = loop {
        let work = Record { now: app.store.clock.now(), ..record.clone() };
        match app.store.write(|conn| Box::pin(work.within(conn))).await {
            Err(error) if error.is_race() && tries < TRIES => tries += 1,
            other => break other?,
        }
    };
    if is_quiet {
        markers.mark(&target, &code, STORM).await;
    }
    Ok(received)
}

fn checked(app: &App, detection: Detection) -> Result<Record, StoreError> {
    check::bounds(&detection)?;
    let severity = check::severity(&app.catalogue, &detection)?;
    let detection = check::without_secrets(detection);
    let windows =
        Windows { watch: TimeDelta::seconds(app.settings.watch_window_s.into()), cooldown: app.cooldown.lasts };
    Ok(Record { detection, severity, windows, now: app.store.clock.now() })
}

/// One detection, to be recorded in one transaction.
#[derive(Clone)]
struct Record {
    detection: Detection,
    severity: Severity,
    windows: Windows,
    now: DateTime<Utc>,
}

impl Record {
    /// Records it under locks; answers also whether its journal does not tell of it.
    async fn within(self, conn: &mut AsyncPgConnection) -> Result<(Received, bool), StoreError> {
        let healing = healing::read_for_share(conn).await?;
        if let Some(known) = self.known(conn).await? {
            return Ok((known, false));
        }
        let newest = self.newest(conn, true).await?;
        let decision = self.decide(conn, newest.as_ref(), &healing).await?;
        let received = self.act(conn, decision, newest.as_ref(), healing.epoch).await?;
        self.count(conn, received.incident).await?;
        Ok((received, decision == Decision::JoinQuietly))
    }

    /// Records it without a lock, when that changes nothing but a count: what it sees may be over a moment later, which is
    /// as if it had come a moment earlier. `None` when there is more to do.
    async fn quietly(self, conn: &mut AsyncPgConnection) -> Result<Option<Received>, StoreError> {
        if let Some(known) = self.known(conn).await? {
            return Ok(Some(known));
        }
        let healing = healing::read(conn).await?;
        let newest = self.newest(conn, false).await?;
        let decision = self.decide(conn, newest.as_ref(), &healing).await?;
        let Some(incident) = newest.filter(|_| decision == Decision::JoinQuietly) else { return Ok(None) };
        self.count(conn, incident.id).await?;
        Ok(Some(Received { incident: incident.id, disposition: Disposition::Joined }))
    }

    async fn reopens(self, conn: &mut AsyncPgConnection) -> Result<Option<IncidentId>, StoreError> {
        if self.known(conn).await?.is_some() {
            return Ok(None);
        }
        let healing = healing::read(conn).await?;
        let newest = self.newest(conn, false).await?;
        let decision = self.decide(conn, newest.as_ref(), &healing).await?;
        Ok(newest.filter(|_| decision == Decision::Reopen).map(|incident| incident.id))
    }

    async fn known(&self, conn: &mut AsyncPgConnection) -> Result<Option<Received>, StoreError> {
        let key = (self.detection.target.as_str(), self.detection.event_id.as_str());
        let row = occurrences::table.find(key).select(occurrences::incident_id);
        let known = row.first::<Uuid>(conn).await.optional()?;
        Ok(known.map(|incident| Received { incident: IncidentId(incident), disposition: Disposition::Duplicate }))
    }

    /// The newest incident of the fault. An open one is always the newest: only an ended one is followed.
    async fn newest(&self, conn: &mut AsyncPgConnection, lock: bool) -> Result<Option<Incident>, StoreError> {
        let newest = incidents::table
            .filter(incidents::target.eq(self.detection.target.as_str()))
            .filter(incidents::code.eq(self.detection.code.as_str()))
            .order((incidents::detected_at.desc(), incidents::id.desc()))
            .select(incidents::state);
        let state: Option<Value> = if lock {
            newest.for_update().first(conn).await.optional()?
        } else {
            newest.first(conn).await.optional()?
        };
        state.map(rows::incident).transpose()
    }

    async fn decide(
        &self,
        conn: &mut AsyncPgConnection,
        newest: Option<&Incident>,
        healing: &Healing,
    ) -> Result<Decision, StoreError> {
        let dismissed_at = match newest {
            Some(incident) if incident.status == Status::Dismissed => cooldown::since(conn, incident).await?,
            _ => None,
        };
        Ok(decide_detection(self.detection.at, newest, healing, dismissed_at, self.windows, self.now))
    }

    async fn count(&self, conn: &mut AsyncPgConnection, incident: IncidentId) -> Result<(), StoreError> {
        let occurrence = (
            occurrences::target.eq(self.detection.target.as_str()),
            occurrences::event_id.eq(self.detection.event_id.as_str()),
            occurrences::incident_id.eq(incident.0),
            occurrences::at.eq(self.now),
        );
        diesel::insert_into(occurrences::table).values(occurrence).execute(conn).await?;
        Ok(())
    }

    async fn act(
        &self,
        conn: &mut AsyncPgConnection,
        decision: Decision,
        newest: Option<&Incident>,
        epoch: wire::Epoch,
    ) -> Result<Received, StoreError> {
        let (event_id, happened_at) = (self.detection.event_id.clone(), self.detection.at);
        let Some(incident) = newest.filter(|_| decision != Decision::Create) else {
            let body = Body::Detected { detection: self.detection.clone(), epoch };
            let incident = journal::begin(conn, self.severity, self.entry("detected", body)).await?;
            return Ok(Received { incident: incident.id, disposition: Disposition::Created });
        };
        let disposition = match decision {
            Decision::Reopen => {
                let key = format!("reopened/{event_id}");
                journal::append(conn, incident, self.entry(&key, Body::Reopened { event_id, happened_at })).await?;
                Disposition::Reopened
            }
            Decision::Join => {
                let key = format!("occurred/{event_id}");
                journal::append(conn, incident, self.entry(&key, Body::Occurred { event_id, happened_at })).await?;
                Disposition::Joined
            }
            Decision::JoinQuietly | Decision::Create => Disposition::Joined,
        };
        Ok(Received { incident: incident.id, disposition })
    }

    fn entry(&self, key: &str, body: Body) -> Entry {
        let trace_parent = journal::trace_of(self.detection.trace_parent.as_deref());
        Entry { key: format!("{OWN_KEYS}{key}"), body, trace_parent, at: self.now }
    }
}
