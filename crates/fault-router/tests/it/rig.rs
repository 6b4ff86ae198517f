//! A folder of logs, and the router: embedded, or as a process to be killed.

use crate::store::Store;
use chassis::{Stop, clock};
use fault_router::Settings;
use fault_router::app::{self, App};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use wire::Service;
use wire::source::Sources;
use wire::target::Target;

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
[[faults]]
code = "FAULT_CRASH"
pattern = 'crashed with code [1-9]\d*'
title = "The worker crashed"
[patch]
language = "python"
files = ["a"]
[run]
command = ["true"]
health = { path = "/" }
"#;

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
        self.embed_with(&store.address, |_| {})
    }

    pub(crate) fn embed_with(&self, store: &str, change: impl FnOnce(&mut Settings)) -> Embedded {
        let mut settings = Settings {
            incident_store: format!("http://{store}"),
            state: self.path("state"),
            poll_ms: 50,
            linger_ms: 300,
            ..Settings::default()
        };
        change(&mut settings);
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
        let child = self.command(store).stdin(Stdio::null()).spawn().unwrap();
        Process { child }
    }

    /// The program, to be started.
    pub(crate) fn command(&self, store: &str) -> Command {
        let credentials = self.path("credentials.toml");
        let token = testkit::token("fault-router");
        std::fs::write(&credentials, format!("token = \"{token}\"\n")).unwrap();
        let log = File::create(self.path("router.out")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fault-router"));
        command
            .env("KINTSUGI_CREDENTIALS", credentials)
            .env("KINTSUGI_SETTINGS_DIR", self.path("settings"))
            .env("FAULT_ROUTER__LISTEN", "127.0.0.1:0")
            .env("FAULT_ROUTER__INCIDENT_STORE", format!("http://{store}"))
            .env("FAULT_ROUTER__TARGETS", self.path("targets"))
            .env("FAULT_ROUTER__STATE", self.path("state"))
            .env("FAULT_ROUTER__POLL_MS", "50")
            .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
            .stdout(log);
        command
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

    /// Pushes a body with the role that may.
    pub(crate) async fn push(&self, kind: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
        self.push_to("", kind, body).await
    }

    pub(crate) async fn push_to(&self, query: &str, kind: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
        let request = reqwest::Client::new().post(format!("{}{}{query}", self.base, wire::paths::LOGS)).timeout(LIMIT);
        request.bearer_auth(testkit::token("ingest")).header("content-type", kind).body(body).send().await.unwrap()
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

impl Process {
    /// The most memory it ever had, kB.
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
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
