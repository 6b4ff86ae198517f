//! The chain glued together by hand: it hears of the line, applies the one known diff, commits, pushes, builds, starts, and asks again.
//! Nothing is judged, tested or kept.

use crate::child::{self, Killed};
use crate::http;
use anyhow::Context;
use inotify::{Inotify, WatchMask};
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILE: &str = "src/faults/sql.rs";
/// What the known diff changes.
const DIFF: (&str, &str) = ("\"SELECT FROM\"", "\"SELECT 1\"");
const MARKER: &[u8] = b"FAULT_SQL_INJECTION_TEST";
const FAULTY_ROUTE: &str = "/test-fault/run";
/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(150);

/// The repository, its remote, a warm build folder, and a database.
#[derive(Debug)]
pub(super) struct Chain {
    folder: PathBuf,
    original: String,
    database_url: String,
}

/// How long a step took, milliseconds, in their order.
pub(super) type Steps = Vec<(&'static str, f64)>;

impl Chain {
    /// Copies the application from a checkout, makes a remote, and compiles it once. `folder` is kept from run to run, since the
    /// build folder in it is warm then.
    pub(super) fn prepare(checkout: &Path, folder: &Path, database_url: String) -> anyhow::Result<Self> {
        let repository = folder.join("repository");
        for gone in [&repository, &folder.join("remote.git")] {
            if gone.exists() {
                std::fs::remove_dir_all(gone)?;
            }
        }
        std::fs::create_dir_all(&repository)?;
        let copy = "git ls-files -z | xargs -0 cp --parents -t \"$0\"";
        let copied = Command::new("sh").arg("-c").arg(copy).arg(&repository).current_dir(checkout).status()?;
        anyhow::ensure!(copied.success(), "cannot copy {}", checkout.display());
        let original = std::fs::read_to_string(repository.join(FILE))?;
        anyhow::ensure!(original.contains(DIFF.0), "{FILE} does not hold {}: the known diff is none of it", DIFF.0);
        let chain = Self { folder: folder.to_owned(), original, database_url };
        chain.git(&["init", "-q", "-b", "main"])?;
        chain.git(&["init", "-q", "--bare", "../remote.git"])?;
        chain.git(&["add", "--all"])?;
        chain.git(&["commit", "-q", "-m", "as it is"])?;
        chain.git(&["push", "-q", "../remote.git", "main"])?;
        chain.build()?;
        Ok(chain)
    }

    /// One fault and its cure. The instance with the fault is built and started before the clock runs.
    pub(super) fn heal(&self) -> anyhow::Result<Steps> {
        std::fs::write(self.repository().join(FILE), &self.original)?;
        self.build()?;
        let log = self.folder.join("live.log");
        let (_faulty, address) = self.start(&log)?;
        let mut inotify = Inotify::init()?;
        inotify.watches().add(&log, WatchMask::MODIFY)?;
        let failing = std::thread::spawn(move || http::post(address, FAULTY_ROUTE));
        wait_for_marker(&mut inotify, &log)?;
        let mut clock = Clock { begun: Instant::now(), last: Instant::now(), steps: Vec::new() };
        self.cure(&mut clock)?;
        let failed = failing.join().ok().flatten();
        anyhow::ensure!(failed == Some(500), "the fault answered {failed:?}");
        // The next turn's cure is a commit again.
        std::fs::write(self.repository().join(FILE), &self.original)?;
        self.git(&["commit", "-q", "-a", "-m", "as it was"])?;
        Ok(clock.steps)
    }

    fn cure(&self, clock: &mut Clock) -> anyhow::Result<()> {
        std::fs::write(self.repository().join(FILE), self.original.replace(DIFF.0, DIFF.1))?;
        self.git(&["commit", "-q", "-a", "-m", "select something"])?;
        self.git(&["push", "-q", "--force", "../remote.git", "main"])?;
        clock.tick("commit and push");
        self.build()?;
        clock.tick("incremental build");
        let (_healthy, address) = self.start(&self.folder.join("new.log"))?;
        clock.tick("start until healthy");
        let healed = http::post(address, FAULTY_ROUTE);
        anyhow::ensure!(healed == Some(200), "the replay answered {healed:?}");
        clock.tick("replay");
        clock.steps.push(("line → replayed", clock.begun.elapsed().as_secs_f64() * 1e3));
        Ok(())
    }

    fn repository(&self) -> PathBuf {
        self.folder.join("repository")
    }

    fn git(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false"];
        let mut command = Command::new("git");
        command.args(identity).args(arguments).current_dir(self.repository());
        succeeds(command, &format!("git {}", arguments.join(" ")))
    }

    fn build(&self) -> anyhow::Result<()> {
        let cargo = child::find("cargo").context("cargo is not on the PATH")?;
        let mut command = Command::new(cargo);
        command.args(["build", "--offline", "--frozen", "--quiet", "--bins"]).current_dir(self.repository());
        command.env("CARGO_TARGET_DIR", self.folder.join("target"));
        succeeds(command, "cargo build")
    }

    fn start(&self, log: &Path) -> anyhow::Result<(Killed, SocketAddr)> {
        let port = substrate::free_port()?;
        let out = File::create(log)?;
        let mut command = Command::new(self.folder.join("target/debug/fault-app"));
        command.env_clear().env("PORT", port.to_string()).env("DATABASE_URL", &self.database_url);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null()).spawn()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let instance = Killed(child);
        http::until_ok(address, "/healthz", LIMIT)?;
        Ok((instance, address))
    }
}

struct Clock {
    begun: Instant,
    last: Instant,
    steps: Steps,
}

impl Clock {
    fn tick(&mut self, step: &'static str) {
        self.steps.push((step, self.last.elapsed().as_secs_f64() * 1e3));
        self.last = Instant::now();
    }
}

fn wait_for_marker(inotify: &mut Inotify, log: &Path) -> anyhow::Result<()> {
    let (mut file, mut seen) = (File::open(log)?, Vec::new());
    let until = Instant::now() + LIMIT;
    while Instant::now() < until {
        file.read_to_end(&mut seen)?;
        if memchr::memmem::find(&seen, MARKER).is_some() {
            return Ok(());
        }
        let _woken = inotify.read_events_blocking(&mut [0; 4096])?;
    }
    anyhow::bail!("no line with the marker within {LIMIT:?}")
}

fn succeeds(mut command: Command, what: &str) -> anyhow::Result<()> {
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {what}"))?;
    anyhow::ensure!(done.status.success(), "{what} failed: {}", String::from_utf8_lossy(&done.stderr).trim());
    Ok(())
}
