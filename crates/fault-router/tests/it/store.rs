//! A store that takes detections over HTTP, and can be away.

use crate::rig::LIMIT;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chassis::Stop;
use chassis::error::respond;
use chassis::server::Server;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use wire::detection::{Detection, Disposition, Received};
use wire::{IncidentId, Service};

/// What the store was told, and how it answers.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) all: Vec<Detection>,
    pub(crate) trace_parents: Vec<Option<String>>,
    ids: BTreeSet<String>,
    pub(crate) away: bool,
}

/// A store that runs until it is dropped.
pub(crate) struct Store {
    pub(crate) told: Arc<Mutex<Told>>,
    pub(crate) address: String,
    stop: Stop,
}

impl Store {
    pub(crate) fn start() -> Self {
        Self::at(testkit::listener().0, Arc::default())
    }

    pub(crate) fn at(listener: TcpListener, told: Arc<Mutex<Told>>) -> Self {
        let (stop, data) = (Stop::new(), web::Data::from(Arc::clone(&told)));
        let address = listener.local_addr().unwrap().to_string();
        let server = Server::new(Service::IncidentStore, testkit::credentials(Service::IncidentStore));
        let word = stop.clone();
        // A stop of its own: the server waits for the tasks of the one it is given.
        Stop::new().spawn("store", async move {
            let allow = chassis::auth::Allow(&[chassis::auth::Role::Ingest]);
            let detections = move || web::resource(wire::paths::DETECTIONS).route(web::post().to(receive)).wrap(allow);
            let routes = move |config: &mut web::ServiceConfig| {
                config.app_data(data.clone()).service(detections());
            };
            server.serve(listener, word, routes).await.unwrap();
        });
        Self { told, address, stop }
    }

    /// Ends the server, so that connections are refused; gives back what it was told.
    pub(crate) async fn end(self) -> (String, Arc<Mutex<Told>>) {
        self.stop.now();
        let address = self.address.clone();
        testkit::eventually("the store's end", LIMIT, async || TcpListener::bind(&address).ok()).await;
        (address, Arc::clone(&self.told))
    }

    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.told.lock().unwrap().ids.clone()
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.told.lock().unwrap().away = away;
    }

    /// Waits until so many different detections came, and gives them in their order.
    pub(crate) async fn detections(&self, count: usize) -> Vec<Detection> {
        let what = format!("{count} detections");
        let there = async || (self.ids().len() >= count).then_some(());
        testkit::eventually(&what, LIMIT, there).await;
        let mut seen = BTreeSet::new();
        let all = self.told.lock().unwrap().all.clone();
        let first: Vec<Detection> = all.into_iter().filter(|d| seen.insert(d.event_id.clone())).collect();
        assert_eq!(first.len(), count, "more than expected: {first:#?}");
        first
    }

    /// Waits until a fault came.
    pub(crate) async fn event_of(&self, code: &str) {
        let there = async || self.told.lock().unwrap().all.iter().any(|told| told.code.as_str() == code).then_some(());
        testkit::eventually(code, LIMIT, there).await;
    }

    /// Waits until an occurrence came.
    pub(crate) async fn event(&self, id: &str) {
        testkit::eventually(id, LIMIT, async || self.ids().contains(id).then_some(())).await;
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop.now();
    }
}

async fn receive(told: web::Data<Mutex<Told>>, request: HttpRequest, detection: web::Json<Detection>) -> HttpResponse {
    let mut told = told.lock().unwrap();
    let detection = detection.into_inner();
    if told.away {
        return respond(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "away");
    }
    if detection.event_id.as_str().starts_with("refused") {
        return respond(StatusCode::UNPROCESSABLE_ENTITY, "bad_request", "not this one");
    }
    let trace_parent = request.headers().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
    told.trace_parents.push(trace_parent);
    let fresh = told.ids.insert(detection.event_id.to_string());
    told.all.push(detection);
    let disposition = if fresh { Disposition::Created } else { Disposition::Duplicate };
    HttpResponse::Ok().json(Received { incident: IncidentId::fresh(), disposition })
}
