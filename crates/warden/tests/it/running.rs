//! A warden of the tiny target, whose configuration file can be broken, and a store that takes whatever is told.

use actix_web::{App, HttpResponse, HttpServer, web};
use chassis::Stop;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use testkit::tiny::Tiny;
use testkit::{credentials, eventually, listener, token};
use warden::settings::Kubernetes;
use warden::{Settings, app};
use wire::detection::Detection;
use wire::{IncidentId, Service};

pub(crate) const GOOD: &str = "[server]\nport = 1\n";

type Told = Arc<Mutex<Vec<Detection>>>;

pub(crate) struct Running {
    pub(crate) folder: TempDir,
    pub(crate) told: Told,
    base: String,
    stop: Stop,
    store: String,
    http: reqwest::Client,
    kubernetes: Kubernetes,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// With one more line of its resource.
    pub(crate) async fn start_with(line: &str) -> Self {
        Self::start_of(line, "", Kubernetes::default()).await
    }

    /// With another resource of that text, and the way to a cluster.
    pub(crate) async fn start_of(line: &str, more: &str, kubernetes: Kubernetes) -> Self {
        let mut running = Self::prepare(line, more, kubernetes);
        running.again().await;
        running
    }

    /// Before it is started.
    fn prepare(line: &str, more: &str, kubernetes: Kubernetes) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tiny = Tiny::create(folder.path());
        let at = folder.path().join("things").display().to_string();
        std::fs::create_dir_all(format!("{at}/backups")).expect("a folder");
        for file in ["app.toml", "backups/a.toml", "defaults.toml"] {
            std::fs::write(format!("{at}/{file}"), GOOD).expect("written");
        }
        let file = tiny.targets.join("tiny.toml");
        let text = std::fs::read_to_string(&file).expect("the target file");
        let resource = format!(
            "[[resources]]\nname = \"settings\"\nfault = \"BROKEN\"\nevery_ms = 50\n{line}\n[resources.is.configuration]\nformat = \"toml\"\n\
             path = \"{at}/app.toml\"\nbackups = \"{at}/backups\"\ndefaults = \"{at}/defaults.toml\"\ncopies = \"{at}/copies\"\n"
        );
        std::fs::write(&file, format!("{text}\n{resource}\n{more}")).expect("the target file");
        let (told, store) = store();
        let (base, stop, http) = (String::new(), Stop::new(), reqwest::Client::new());
        Self { folder, told, base, stop, store, http, kubernetes }
    }

    /// Why it does not start.
    pub(crate) async fn refusal(more: &str, kubernetes: Kubernetes) -> String {
        let prepared = Self::prepare("", more, kubernetes);
        let (listener, _) = listener();
        let clock = chassis::clock::system();
        let served = app::serve(listener, prepared.settings(), credentials(Service::Warden), clock, Stop::new());
        let ended = tokio::time::timeout(Duration::from_secs(10), served).await.expect("it ends at once");
        format!("{:#}", ended.expect_err("a refusal"))
    }

    fn settings(&self) -> Settings {
        Settings {
            targets: self.folder.path().join("targets"),
            state: self.folder.path().join("state"),
            incident_store: self.store.clone(),
            settle_ms: 500,
            kubernetes: self.kubernetes.clone(),
            ..Settings::default()
        }
    }

    /// Ends it, and starts it anew on the same folders.
    pub(crate) async fn again(&mut self) {
        self.stop.now();
        self.stop = Stop::new();
        let (listener, base) = listener();
        let settings = self.settings();
        let stop = self.stop.clone();
        Stop::new().spawn("warden", async move {
            let clock = chassis::clock::system();
            app::serve(listener, settings, credentials(Service::Warden), clock, stop).await.expect("served");
        });
        self.base = base;
        let ready = async || {
            let answer = self.http.get(format!("{}/readyz", self.base)).send().await.ok()?;
            answer.status().is_success().then_some(())
        };
        eventually("it is ready", Duration::from_secs(10), ready).await;
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("things/app.toml")
    }

    /// Asks as somebody; the status and the answer.
    pub(crate) async fn ask(&self, who: &str, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token(who));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Has it do an action under a lease and an epoch, as the healer.
    pub(crate) async fn act(&self, incident: IncidentId, key: &str, fence: i64, epoch: i64) -> (u16, Value) {
        let task = json!({ "task": "act", "incident": incident, "target": "tiny", "code": "BROKEN", "authority": { "fence": fence, "epoch": epoch } });
        self.operate(key, &task).await
    }

    /// Has it do a task, as the healer.
    pub(crate) async fn operate(&self, key: &str, task: &Value) -> (u16, Value) {
        let path = format!("/v1/operations/{key}");
        let (status, first) = self.ask("healer", Method::PUT, &path, Some(task)).await;
        if status >= 400 {
            return (status, first);
        }
        self.ask("healer", Method::GET, &format!("{path}?wait_ms=20000&seen=1000"), None).await
    }
}

/// A store that takes every detection.
fn store() -> (Told, String) {
    let (told, (listener, base)) = (Told::default(), listener());
    let data = web::Data::from(Arc::clone(&told));
    Stop::new().spawn("store", async move {
        let app = move || App::new().app_data(data.clone()).route("/v1/detections", web::post().to(take));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("a listener");
        server.run().await.expect("served");
    });
    (told, base)
}

async fn take(told: web::Data<Mutex<Vec<Detection>>>, detection: web::Json<Detection>) -> HttpResponse {
    told.lock().expect("what was told").push(detection.into_inner());
    HttpResponse::Created().json(json!({ "incident": IncidentId::fresh(), "disposition": "created" }))
}
