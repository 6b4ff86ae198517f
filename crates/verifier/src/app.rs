//! The running service: its parts, its start, its background work.

use crate::artefacts::Store;
use crate::baseline::Memory;
use crate::error::VerifyError;
use crate::gates::Checks;
use crate::sandbox::bubblewrap::Bubblewrap;
use crate::sandbox::plain::Plain;
use crate::sandbox::{Ended, Exit, Job, RunSandboxed};
use crate::settings::Settings;
use crate::workshop::Workshop;
use crate::{build, endpoint, routes, targets};
use anyhow::Context;
use chassis::auth::Credentials;
use chassis::operations::{Operations, Reporter};
use chassis::server::Server;
use chassis::{SharedClock, Stop};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use wire::target::Catalogue;
use wire::vouch::Key;
use wire::{Service, TargetName};

/// How often the warming of a target is tried while its repository cannot be read.
const WARM_TRIES: u32 = 60;
/// The pause between two tries.
const WARM_PAUSE: Duration = Duration::from_secs(2);
/// How long the sandbox may take to show that it works.
const PROBE: Duration = Duration::from_secs(10);

/// What every task uses.
#[derive(Debug)]
pub struct Verifier {
    /// Artefacts and verdicts.
    pub store: Store,
    /// Where commands run.
    pub sandbox: Arc<dyn RunSandboxed>,
    /// For instances and witnesses.
    pub http: reqwest::Client,
    /// The checks that a candidate must pass.
    pub checks: Checks,
    /// What was seen of versions without a patch.
    pub memory: Memory,
    /// What the front knows us by, where it gives its word on who answers.
    pub front: Option<Key>,
    /// The word to stop.
    pub stop: Stop,
    /// Whether the sandbox works, once that is known.
    pub ready: OnceLock<Result<(), String>>,
    workshops: BTreeMap<TargetName, Arc<Workshop>>,
}

impl Verifier {
    /// Opens the folders and checks the targets.
    ///
    /// # Errors
    /// When a folder cannot be used or a target could not be verified against.
    pub fn open(
        settings: &Settings,
        credentials: &Credentials,
        catalogue: Catalogue,
        checks: Checks,
        stop: Stop,
    ) -> anyhow::Result<Self> {
        let (mut workshops, access) = (BTreeMap::new(), settings.access());
        git_remote::check_all(&catalogue, &access)?;
        for (name, target) in catalogue {
            targets::check(&target).map_err(|why| anyhow::anyhow!("cannot verify the target {name}: {why}"))?;
            let workshop =
                Workshop::open(&settings.work, target, access.clone()).context("cannot use the work folder")?;
            workshops.insert(name, Arc::new(workshop));
        }
        let store = Store::open(&settings.artefacts).context("cannot use the artefact folder")?;
        let http = endpoint::client()?.build().context("cannot build an HTTP client")?;
        let sandbox: Arc<dyn RunSandboxed> = match settings.allow_unsandboxed {
            true => Arc::new(Plain),
            false => Arc::new(Bubblewrap::new(program(settings)?)),
        };
        let memory = Memory::default();
        let front = settings.front_vouches.then(|| Key::of_token(credentials.token.expose_secret()));
        Ok(Self { store, sandbox, http, checks, memory, front, stop, ready: OnceLock::new(), workshops })
    }

    /// Whether a target is known.
    pub fn knows(&self, target: &TargetName) -> bool {
        self.workshops.contains_key(target)
    }

    /// A target's folders.
    ///
    /// # Errors
    /// When the target is not known.
    pub fn workshop(&self, target: &TargetName) -> Result<Arc<Workshop>, VerifyError> {
        let unknown = || anyhow::anyhow!("no target file names it");
        let found = self.workshops.get(target).map(Arc::clone);
        found.ok_or_else(|| VerifyError::Failed { what: "find the target", source: unknown() })
    }

    /// Runs nothing in the sandbox, to see that it stands.
    async fn probe(&self) -> Result<(), String> {
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        let job = Job {
            name: "probe".into(),
            command: vec!["/usr/bin/true".into()],
            env: BTreeMap::new(),
            folder: "/".into(),
            places: Vec::new(),
            forwards: Vec::new(),
            doubles: Vec::new(),
            serve: None,
            collect: Vec::new(),
            limits: wire::target::Limits::default(),
            scratch: scratch.path().to_owned(),
        };
        let started = self.sandbox.start(&job, PROBE).map_err(|error| error.to_string())?;
        match started.ended.await {
            Ok(Ended { exit: Exit::Code(0), .. }) => Ok(()),
            Ok(ended) => Err(format!("no sandbox: a command that does nothing {}", ended.exit)),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn program(settings: &Settings) -> anyhow::Result<PathBuf> {
    if settings.sandbox_program.as_os_str().is_empty() {
        return std::env::current_exe().context("cannot find this program");
    }
    std::path::absolute(&settings.sandbox_program).context("cannot find the sandbox program")
}

/// Serves on a listener until the word to stop.
///
/// # Errors
/// When the folders, targets or listener cannot be used, or a task died.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    credentials: Arc<Credentials>,
    clock: SharedClock,
    stop: Stop,
) -> anyhow::Result<()> {
    serve_with(Checks::all(), listener, settings, credentials, clock, stop).await
}

/// Serves with some checks only: no setting leads here.
///
/// # Errors
/// As [`serve`].
pub async fn serve_with(
    checks: Checks,
    listener: TcpListener,
    settings: Settings,
    credentials: Arc<Credentials>,
    clock: SharedClock,
    stop: Stop,
) -> anyhow::Result<()> {
    let catalogue = chassis::catalogue::load(&settings.targets).context("cannot load the targets")?;
    let verifier = Arc::new(Verifier::open(&settings, &credentials, catalogue, checks, stop.clone())?);
    if let Some(warning) = verifier.sandbox.warning() {
        tracing::warn!(warning, "no sandbox");
    }
    let background = Arc::clone(&verifier);
    let (warm, reporter, word) = (settings.warm_at_start, Reporter::silent(Arc::clone(&clock)), stop.clone());
    stop.spawn("warm", async move {
        tokio::select! {
            () = prepare(&background, warm, &reporter) => {}
            () = word.requested() => {}
        }
    });
    let operations = Operations::new(clock, stop.clone());
    let routes = routes::configure(verifier, operations);
    Server::new(Service::Verifier, credentials).serve(listener, stop, routes).await
}

/// Sees that the sandbox stands, then warms each target.
async fn prepare(verifier: &Verifier, warm: bool, reporter: &Reporter) {
    let ready = verifier.probe().await;
    if let Err(why) = &ready {
        tracing::error!(why, "nothing can be verified");
    }
    let usable = ready.is_ok();
    let _first = verifier.ready.set(ready);
    for workshop in verifier.workshops.values().filter(|_| warm && usable) {
        warm_up(verifier, workshop, reporter).await;
    }
}

async fn warm_up(verifier: &Verifier, workshop: &Arc<Workshop>, reporter: &Reporter) {
    let target = &workshop.target.name;
    for _ in 0..WARM_TRIES {
        match build::warm(verifier, workshop, reporter).await {
            Ok(()) => return tracing::info!(%target, "warm"),
            Err(VerifyError::Mirror(error)) => tracing::debug!(%target, %error, "not warm yet"),
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                return tracing::warn!(%target, error, "cannot be warmed; the first candidate will take longer");
            }
        }
        tokio::time::sleep(WARM_PAUSE).await;
    }
    tracing::warn!(%target, "its repository could not be read; the first candidate will take longer");
}
