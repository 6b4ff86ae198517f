//! A folder of logs, a store that takes detections over HTTP, and the router: embedded, or as a process to be killed.

use actix_web::{HttpRequest, HttpResponse, web};
use chassis::error::respond;
use chassis::server::Server;
use chassis::{Stop, clock};
use fault_router::Settings;
use fault_router::app::{self, App};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::detection::{Detection, Disposition, Received};
use wire::source::Sources;
use wire::target::Target;
use wire::{IncidentId, Service};

pub(crate) const LIMIT: Duration = Duration::from_secs(20);

const TARGET: &str = r#"
name = "tiny"
build = { outputs = [{ from = "a", to = "a" }] }
test = { command = ["true"] }
[repository]
url = "/nowhere"
branch = "main"
[logs]
live = "LIVE"
private = "PRIVATE"
[[faults]]
code = "FAULT_BOOM"
marker = "BOOM"
[[faults]]
code = "FAULT_BANG"
marker = "BANG"
[patch]
language = "python"
files = ["a"]
[run]
command = ["true"]
health = { path = "/" }
"#;

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
    use actix_web::http::StatusCode;
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

/// The folders of a test.
pub(crate) struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    /// Everything but the folder of the logs, which the router makes.
    pub(crate) fn new() -> Self {
        let rig = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["targets", "settings", "outside"] {
            std::fs::create_dir(rig.path(name)).unwrap();
        }
        let text = TARGET.replace("LIVE", rig.path("live").to_str().unwrap());
        std::fs::write(rig.path("targets/tiny.toml"), text).unwrap();
        rig
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the folder of the logs, opened to append.
    pub(crate) fn log(&self, name: &str) -> File {
        let path = self.path("live").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        OpenOptions::new().append(true).create(true).open(path).unwrap()
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn embed(&self, store: &Store) -> Embedded {
        let settings = Settings {
            incident_store: format!("http://{}", store.address),
            state: self.path("state"),
            poll_ms: 50,
            linger_ms: 300,
            ..Settings::default()
        };
        let target = Target::parse(&std::fs::read_to_string(self.path("targets/tiny.toml")).unwrap()).unwrap();
        let app = App {
            settings,
            catalogue: [(target.name.clone(), target)].into(),
            credentials: testkit::credentials(Service::FaultRouter),
            clock: clock::system(),
        };
        let (stop, (listener, base)) = (Stop::new(), testkit::listener());
        let word = stop.clone();
        Stop::new().spawn("router", async move { app::serve(listener, app, word).await.unwrap() });
        Embedded { stop, base }
    }

    /// The program itself.
    pub(crate) fn process(&self, store: &Store) -> Process {
        self.process_for(&store.address)
    }

    /// The program with a store that may not be there.
    pub(crate) fn process_for(&self, store: &str) -> Process {
        let credentials = self.path("credentials.toml");
        let token = testkit::token("fault-router");
        std::fs::write(&credentials, format!("token = \"{token}\"\n")).unwrap();
        let log = File::create(self.path("router.out")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_fault-router"))
            .env("KINTSUGI_CREDENTIALS", credentials)
            .env("KINTSUGI_SETTINGS_DIR", self.path("settings"))
            .env("FAULT_ROUTER__LISTEN", "127.0.0.1:0")
            .env("FAULT_ROUTER__INCIDENT_STORE", format!("http://{store}"))
            .env("FAULT_ROUTER__TARGETS", self.path("targets"))
            .env("FAULT_ROUTER__STATE", self.path("state"))
            .env("FAULT_ROUTER__POLL_MS", "50")
            .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .unwrap();
        Process { child }
    }
}

/// A router in this process; it stops when it is dropped.
pub(crate) struct Embedded {
    stop: Stop,
    pub(crate) base: String,
}

impl Embedded {
    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> reqwest::Response {
        let mut request = reqwest::Client::new().get(format!("{}{path}", self.base)).timeout(LIMIT);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn sources(&self) -> Sources {
        self.get(wire::paths::SOURCES, Some(&testkit::token("operator"))).await.json().await.unwrap()
    }

    /// Waits until a file was read and acknowledged to its end.
    pub(crate) async fn has_read(&self, name: &str) {
        let what = format!("{name} read to its end");
        let read = async || {
            let file = self.sources().await.targets.remove(0).files.into_iter().find(|file| file.name == name);
            file.filter(|file| file.lag == Some(0)).map(|_| ())
        };
        testkit::eventually(&what, LIMIT, read).await;
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.now();
    }
}

/// A router as a process; it is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A JSON line of a fault.
pub(crate) fn fault(id: &str) -> String {
    format!("{{\"level\":\"error\",\"message\":\"it broke\",\"marker\":\"BOOM\",\"event_id\":\"{id}\"}}\n")
}

pub(crate) fn put(log: &mut File, text: &str) {
    log.write_all(text.as_bytes()).unwrap();
}
