//! A store with journals that went through `wire::apply`, and its feed.

use actix_web::{App, HttpResponse, HttpServer, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wire::apply::apply;
use wire::detection::{Detection, Source};
use wire::event::{Body, EscalationReason, Event, Feed};
use wire::incident::Incident;
use wire::{Cursor, Digest, Epoch, IncidentId, Position, paths};

/// What it knows. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Store {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    events: Vec<Event>,
    incidents: Vec<Incident>,
}

impl Store {
    /// Serves it; ends with the test.
    pub(crate) fn serve(&self) -> String {
        let (listener, base) = testkit::listener();
        let store = self.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(store.clone()))
                .route(paths::EVENTS, web::get().to(feed))
                .route(&format!("{}/{{id}}", paths::INCIDENTS), web::get().to(incident))
        });
        let server = server.workers(1).disable_signals().shutdown_timeout(0).listen(listener).unwrap().run();
        std::thread::spawn(move || actix_web::rt::System::new().block_on(server));
        base
    }

    /// A new incident that was seen at this time.
    pub(crate) fn detect(&self, at: DateTime<Utc>, message: &str) -> IncidentId {
        let id = IncidentId(uuid_of(self.state.lock().unwrap().incidents.len()));
        let detection = Detection {
            target: "patient".parse().unwrap(),
            code: "FAULT_SAMPLE".parse().unwrap(),
            event_id: format!("e-{id}").parse().unwrap(),
            source: Source::Router,
            at,
            message: message.into(),
            ..sample()
        };
        self.append(id, at, Body::Detected { detection, epoch: Epoch(1) });
        id
    }

    /// It goes to a person.
    pub(crate) fn escalate(&self, id: IncidentId, at: DateTime<Utc>) {
        let (reason, diagnosis) = (EscalationReason::NoRemedy, "nothing is known".into());
        self.append(id, at, Body::Escalated { reason, diagnosis });
    }

    fn append(&self, incident: IncidentId, at: DateTime<Utc>, body: Body) {
        let mut state = self.state.lock().unwrap();
        let known = state.incidents.iter().position(|known| known.id == incident);
        let position = known.map_or(Position(1), |index| state.incidents[index].position.next());
        let id = i64::try_from(state.events.len()).unwrap() + 1;
        let (cursor, hash) = (Cursor { txid: 7, id }, Digest::of(format!("{incident} {position}")));
        let event =
            Event { cursor, incident, position, key: format!("{position}"), body, trace_parent: None, at, hash };
        let folded = apply(known.map(|index| &state.incidents[index]), &event).unwrap();
        match known {
            Some(index) => state.incidents[index] = folded,
            None => state.incidents.push(folded),
        }
        state.events.push(event);
    }

    fn after(&self, cursor: Cursor, limit: usize) -> Vec<Event> {
        let state = self.state.lock().unwrap();
        state.events.iter().filter(|event| event.cursor.id > cursor.id).take(limit).cloned().collect()
    }
}

fn uuid_of(n: usize) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n as u128)
}

fn sample() -> Detection {
    serde_json::from_value(serde_json::json!({
        "target": "patient", "code": "FAULT_SAMPLE", "event_id": "e-1", "source": "router", "at": "2026-11-22T00:00:00Z",
        "message": "it broke"
    }))
    .unwrap()
}

/// An incident as it stands after these events.
pub(crate) fn folded(bodies: Vec<Body>) -> (Incident, Event) {
    let mut state: Option<Incident> = None;
    let mut last = None;
    let all = std::iter::once(Body::Detected { detection: sample(), epoch: Epoch(1) }).chain(bodies);
    for (n, body) in (1..).zip(all) {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(n);
        let event = Event {
            cursor: Cursor { txid: 1, id: n },
            incident: IncidentId(uuid_of(0)),
            position: Position(n),
            key: n.to_string(),
            body,
            trace_parent: None,
            at,
            hash: Digest::of(n.to_string()),
        };
        state = Some(apply(state.as_ref(), &event).unwrap());
        last = Some(event);
    }
    (state.unwrap(), last.unwrap())
}

#[derive(Deserialize)]
struct Place {
    after: Cursor,
    limit: usize,
    wait_ms: u64,
}

async fn feed(store: web::Data<Store>, place: web::Query<Place>) -> HttpResponse {
    let until = Instant::now() + Duration::from_millis(place.wait_ms.min(2_000));
    let mut events = store.after(place.after, place.limit);
    while events.is_empty() && Instant::now() < until {
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        events = store.after(place.after, place.limit);
    }
    let next = events.last().map_or(place.after, |event| event.cursor);
    HttpResponse::Ok().json(Feed { events, next })
}

async fn incident(store: web::Data<Store>, id: web::Path<IncidentId>) -> HttpResponse {
    let state = store.state.lock().unwrap();
    match state.incidents.iter().find(|incident| incident.id == *id) {
        Some(incident) => HttpResponse::Ok().json(incident),
        None => HttpResponse::NotFound().finish(),
    }
}
