//! The incident of a failure that nobody else reported: by the fault rules, else of a kind of its own.

use super::record::Record;
use super::seats::Seat;
use super::{belong, step};
use crate::app::App;
use crate::detections;
use crate::error::StoreError;
use actix_web::web;
use chassis::Reply;
use wire::IncidentId;
use wire::detection::Detection;

/// Reports the failure and brings its incident together with it. Done twice it is the same: the occurrence has one name.
pub(super) async fn report(app: web::Data<App>, record: Record, _seat: Seat) {
    let stop = app.store.stop.clone();
    let place = tokio::select! {
        place = app.handovers.reporters.acquire() => place,
        () = stop.requested() => return,
    };
    let Ok(_place) = place else { return };
    let Some(target) = app.catalogue.get(&record.request.target) else { return };
    let Some((code, by)) = belong::fault_of(target, &record.request) else { return };
    let detection = belong::detection(&record, code, by, app.store.clock.now());
    let incident = match incident_of(&app, &record, detection).await {
        Ok(incident) => incident,
        Err(error) => {
            return tracing::warn!(handover = %record.id, error = %Reply(error), "a failure cannot be reported yet");
        }
    };
    let (id, now) = (record.id, app.store.clock.now());
    let linked: Result<(), StoreError> =
        app.store.write(move |conn| Box::pin(step::link(conn, id, incident, now))).await;
    if let Err(error) = linked {
        tracing::warn!(handover = %record.id, error = %Reply(error), "an incident cannot be noted yet");
    }
}

/// Who hands a call over late says nothing of whether its fault is healed: the call itself does. So what was healed is not
/// reopened for it before the call, where it may be repeated, has failed again.
async fn incident_of(app: &App, record: &Record, detection: Detection) -> Result<IncidentId, StoreError> {
    if record.request.may_repeat()
        && record.attempts.is_empty()
        && let Some(healed) = detections::reopens(app, detection.clone()).await?
    {
        return Ok(healed);
    }
    Ok(detections::receive(app, detection).await?.incident)
}
