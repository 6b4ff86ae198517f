//! `POST /v1/detections`: which incident an occurrence of a fault belongs to.

mod check;
mod decide;

use crate::app::App;
use crate::error::StoreError;
use crate::healing;
use crate::journal::{self, Entry, OWN_KEYS};
use crate::rows;
use crate::schema::{incidents, occurrences};
use actix_web::{HttpResponse, web};
use chassis::Reply;
use chrono::{DateTime, TimeDelta, Utc};
use decide::{Decision, decide_detection};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;
use wire::IncidentId;
use wire::detection::{Detection, Disposition, Received};
use wire::event::Body;
use wire::incident::{Incident, Severity};

/// How often a transaction is begun again that met a faster one. Each time the faster one has left something behind, so
/// one more look nearly always suffices.
const TRIES: usize = 5;

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

async fn receive(app: &App, detection: Detection) -> Result<Received, StoreError> {
    check::bounds(&detection)?;
    let severity = check::severity(&app.catalogue, &detection)?;
    let window = TimeDelta::seconds(app.settings.watch_window_s.into());
    let mut tries = 1;
    loop {
        let (detection, now) = (detection.clone(), app.store.clock.now());
        let work = Record { detection, severity, window, now };
        match app.store.write(|conn| Box::pin(work.within(conn))).await {
            Err(error) if error.is_race() && tries < TRIES => tries += 1,
            other => return other,
        }
    }
}

/// One detection, to be recorded in one transaction.
struct Record {
    detection: Detection,
    severity: Severity,
    window: TimeDelta,
    now: DateTime<Utc>,
}

impl Record {
    async fn within(self, conn: &mut AsyncPgConnection) -> Result<Received, StoreError> {
        let healing = healing::read_for_share(conn).await?;
        let key = (self.detection.target.as_str(), self.detection.event_id.as_str());
        let known =
            occurrences::table.find(key).select(occurrences::incident_id).first::<Uuid>(conn).await.optional()?;
        if let Some(incident) = known {
            return Ok(Received { incident: IncidentId(incident), disposition: Disposition::Duplicate });
        }
        let newest = self.newest(conn).await?;
        let decision = decide_detection(self.detection.at, newest.as_ref(), &healing, self.window, self.now);
        let received = self.act(conn, decision, newest.as_ref(), healing.epoch).await?;
        let occurrence = (
            occurrences::target.eq(self.detection.target.as_str()),
            occurrences::event_id.eq(self.detection.event_id.as_str()),
            occurrences::incident_id.eq(received.incident.0),
            occurrences::at.eq(self.now),
        );
        diesel::insert_into(occurrences::table).values(occurrence).execute(conn).await?;
        Ok(received)
    }

    /// The newest incident of the fault, locked. An open one is always the newest: only an ended one is followed.
    async fn newest(&self, conn: &mut AsyncPgConnection) -> Result<Option<Incident>, StoreError> {
        let state = incidents::table
            .filter(incidents::target.eq(self.detection.target.as_str()))
            .filter(incidents::code.eq(self.detection.code.as_str()))
            .order((incidents::detected_at.desc(), incidents::id.desc()))
            .select(incidents::state)
            .for_update()
            .first::<Value>(conn)
            .await
            .optional()?;
        state.map(rows::incident).transpose()
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
