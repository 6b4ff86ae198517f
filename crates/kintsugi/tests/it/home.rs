//! A stack's folder as `kintsugi up` leaves it, and the program run on it.

use crate::stub::{Asked, Stub};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use wire::Service;

pub(crate) const TOKEN: &str = "the-operator";

/// A folder; every service of its stack is the same stub.
pub(crate) struct Home {
    folder: TempDir,
    pub(crate) stub: Stub,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Home {
    pub(crate) fn of(answer: impl Fn(&Asked) -> (u16, Value) + Send + Sync + 'static) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap(), stub: Stub::start(answer) };
        home.write_stack(&home.stub.url, std::process::id());
        std::fs::create_dir(home.path().join("secrets")).unwrap();
        std::fs::write(home.path().join("secrets/operator-token"), format!("{TOKEN}\n")).unwrap();
        home
    }

    /// With the same answer to everything.
    pub(crate) fn always(status: u16, body: Value) -> Self {
        Self::of(move |_| (status, body.clone()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write_stack(&self, url: &str, pid: u32) {
        let services: BTreeMap<Service, &str> = Service::ALL.into_iter().map(|service| (service, url)).collect();
        let about = json!({
            "pid": pid, "started_at": "2026-01-01T00:00:00Z", "front": url, "incident_store": url,
            "services": services, "companions": { "beside": { "url": url, "health": format!("{url}/healthz") } }, "targets": ["patient"],
        });
        std::fs::write(self.path().join("stack.json"), about.to_string()).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run_in(self.path(), arguments)
    }
}

/// Runs the program on a folder.
pub(crate) fn run_in(home: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kintsugi"));
    let output = command.arg("--home").arg(home).args(arguments).output().unwrap();
    ended(&output)
}

fn ended(output: &Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
