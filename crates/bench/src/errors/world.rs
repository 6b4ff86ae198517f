//! The tiny target behind the real front, without the platform: what a policy has to do with.

use super::client::{self, Seen};
use super::fault::{Fault, OUTAGE};
use super::policy::Policy;
use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::Cell;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testkit::tiny::{Mood, Upstream};
use tokio::time::Instant;
use wire::relief::Standing;
use wire::rollout::{Route, RouteTable};

/// How long a process may take to come up.
const UP: Duration = Duration::from_secs(10);
/// How long all is well before the fault.
const BEFORE: Duration = Duration::from_secs(1);

/// A target and a front.
pub(super) struct World {
    /// The base URL that the client knows.
    pub(super) front: String,
    folder: tempfile::TempDir,
    policy: Policy,
    source: u16,
    gate: Child,
    app: Option<App>,
    /// Whether another version was rolled out before the one that runs, and was well.
    was_well: bool,
    generation: i64,
}

struct App {
    child: Child,
    version: &'static str,
    port: u16,
}

impl Drop for App {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _gone = self.gate.kill();
        let _gone = self.gate.wait();
    }
}

/// Injects a fault once under a policy.
///
/// # Errors
/// When the target does not come up, or was ill before the fault.
pub(super) async fn once(fault: Fault, policy: Policy, window: Duration) -> anyhow::Result<Seen> {
    let folder = tempfile::Builder::new().prefix("kintsugi-errors-").tempdir_in("/var/tmp")?;
    let source = Upstream::start(&folder.path().join("upstream.sock"));
    source.behave(fault.mood_before());
    let mut world = World::start(folder, source.port, fault, policy).await?;
    let (url, over) = (format!("{}/greet", world.front), Cell::new(false));
    let story = async {
        tokio::time::sleep(BEFORE).await;
        let begun = Instant::now();
        world.inject(fault).await?;
        let from = Instant::now();
        if let Some((mood, _)) = fault.mood() {
            source.behave(mood);
        }
        let ends = async {
            if fault.mood().is_some_and(|(_, passes)| passes) {
                tokio::time::sleep_until(from + OUTAGE).await;
                source.behave(Mood::Well);
            }
            tokio::time::sleep_until(from + window).await;
            over.set(true);
        };
        let (followed, ()) = tokio::join!(policy.follow(&mut world, &over), ends);
        followed.map(|()| (begun, from))
    };
    let (answers, from) = tokio::join!(client::ask(&url, &over), async {
        let from = story.await;
        over.set(true);
        from
    });
    let injected = from?;
    let before = answers.iter().filter(|(at, _)| *at < injected.0 - BEFORE / 2);
    ensure!(
        before.clone().count() > 0 && before.clone().all(|(_, answer)| *answer == client::Answer::Right),
        "it was ill before the fault"
    );
    Ok(Seen::of(&answers, injected.1, window))
}

impl World {
    async fn start(folder: tempfile::TempDir, source: u16, fault: Fault, policy: Policy) -> anyhow::Result<Self> {
        let port = free_port()?;
        let credentials = folder.path().join("credentials.toml");
        std::fs::write(&credentials, "token = \"nobody-is-asked\"\n")?;
        let mut gate = Command::new(e2e::fleet::programs().join("front"));
        gate.env_clear().env("PATH", "/usr/bin:/bin").env("KINTSUGI_CREDENTIALS", credentials);
        gate.env("KINTSUGI_SETTINGS_DIR", folder.path().join("none")).env("FRONT__LISTEN", format!("127.0.0.1:{port}"));
        gate.env("FRONT__ROUTES", folder.path().join("routes.json"));
        let log = std::fs::File::create(folder.path().join("front.log"))?;
        let gate = gate.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn().context("the front")?;
        let front = format!("http://127.0.0.1:{port}");
        let mut world = Self { front, folder, policy, source, gate, app: None, was_well: false, generation: 0 };
        // A latent fault is in every version there is.
        world.deploy(if fault == Fault::Latent { "faulty" } else { "well" }).await?;
        let url = format!("{}/greet", world.front);
        until("the front answers", &url).await?;
        Ok(world)
    }

    /// Where the process answers.
    pub(super) fn upstream(&self) -> String {
        format!("http://127.0.0.1:{}", self.app.as_ref().map_or(0, |app| app.port))
    }

    /// What is not the upstream's doing.
    async fn inject(&mut self, fault: Fault) -> anyhow::Result<()> {
        let pid = self.app.as_ref().and_then(|app| i32::try_from(app.child.id()).ok()).context("no process")?;
        match fault {
            Fault::BadPush => {
                self.was_well = true;
                self.deploy("faulty").await?;
            }
            Fault::Crash => kill(Pid::from_raw(pid), Signal::SIGKILL)?,
            Fault::Hang => kill(Pid::from_raw(pid), Signal::SIGSTOP)?,
            Fault::Latent | Fault::UpstreamFails | Fault::UpstreamHangs => {}
        }
        Ok(())
    }

    /// Ends the process and starts the same version again.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        let version = self.app.take().map_or("well", |app| app.version);
        self.deploy(version).await
    }

    /// Rolls the version before this one out; where there is no other, that is this one anew.
    pub(super) async fn roll_back(&mut self) -> anyhow::Result<()> {
        let version = self.app.as_ref().map_or("well", |app| app.version);
        self.deploy(if self.was_well { "well" } else { version }).await
    }

    /// Starts a version beside what runs, waits until it is healthy, switches.
    async fn deploy(&mut self, version: &'static str) -> anyhow::Result<()> {
        let (folder, port) = (self.folder.path().join(version), free_port()?);
        if !folder.exists() {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/tiny/app"), &folder)?;
            let file = folder.join("faults/greet.py");
            let text = std::fs::read_to_string(&file)?;
            let well = text.replace("\"value \" + value", "\"value \" + str(value)");
            std::fs::write(&file, if version == "well" { well } else { text })?;
        }
        let mut app = Command::new("/usr/bin/python3");
        app.arg("app.py").current_dir(&folder).env_clear().env("PATH", "/usr/bin:/bin").env("PORT", port.to_string());
        app.env("PYTHONDONTWRITEBYTECODE", "1").env("UPSTREAM_URL", format!("http://127.0.0.1:{}", self.source));
        let child =
            app.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("the target")?;
        let app = App { child, version, port };
        until("the version is healthy", &format!("http://127.0.0.1:{port}/healthz")).await?;
        self.generation += 1;
        let route = Route {
            prefix: "/".to_owned(),
            upstream: format!("http://127.0.0.1:{port}"),
            label: format!("tiny/blue/{}", self.generation),
            keep: Vec::new(),
        };
        let standing = Standing {
            incident: wire::IncidentId::fresh(),
            target: "tiny".parse()?,
            epoch: wire::Epoch(1),
            until: chassis::clock::system().now() + chrono::TimeDelta::hours(1),
            eases: self.policy.eases(),
        };
        let table = RouteTable { generation: self.generation, routes: vec![route], reliefs: vec![standing] };
        let (file, beside) = (self.folder.path().join("routes.json"), self.folder.path().join("routes.new"));
        std::fs::write(&beside, serde_json::to_vec(&table)?)?;
        std::fs::rename(&beside, &file)?;
        // Long enough for the front to take it over.
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.app = Some(app);
        Ok(())
    }
}

async fn until(what: &str, url: &str) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(1)).build()?;
    let end = Instant::now() + UP;
    while !http.get(url).send().await.is_ok_and(|answer| answer.status() == 200) {
        ensure!(Instant::now() < end, "{what}: not within {UP:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn copy(from: &Path, to: &PathBuf) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}
