//! Starting an instance and waiting until it is healthy.

use super::Site;
use crate::artefact;
use crate::instance::{Instance, InstanceId, InstanceState};
use crate::launch::{LaunchError, launch};
use crate::ledger::LedgerError;
use crate::process;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;
use wire::rollout::Colour;
use wire::{CommitId, Digest, TreeId};

/// Between two health checks: what is waited here is waited by a recovery.
const PAUSE: Duration = Duration::from_millis(5);
/// How long one health check may take.
const CHECK: Duration = Duration::from_secs(1);

/// Why an instance was not started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("green cannot be started")]
    Launch(#[from] LaunchError),
    #[error("green cannot be started")]
    Spawn(#[from] std::io::Error),
}

impl Site {
    /// A new instance on a free port, not started yet.
    pub(super) fn instance(&self, colour: Colour, what: (CommitId, TreeId, Digest)) -> std::io::Result<Instance> {
        let (commit, tree, artefact) = what;
        let id = InstanceId::fresh();
        Ok(Instance {
            id,
            target: self.target.name.clone(),
            colour,
            commit,
            tree,
            artefact,
            port: free_port(id)?,
            process: None,
            state: InstanceState::Starting,
        })
    }

    /// Records an instance, starts it, records its process. A crash in between leaves a stray that is found by its id.
    pub(super) async fn start(&self, mut instance: Instance) -> Result<Instance, StartError> {
        let (shared, logs) = (&self.shared, &self.target.logs);
        shared.ledger.add(&instance, self.now()).await?;
        std::fs::create_dir_all(&logs.private)?;
        let folder = artefact::folder(&shared.artefacts, &instance.artefact);
        let launch = launch(&self.target, &instance, &folder, shared.path.clone())?;
        let process = process::start(&launch)?;
        shared.ledger.started(instance.id, process, self.now()).await?;
        instance.process = Some(process);
        tracing::info!(instance = %instance.id, pid = process.pid, port = instance.port, "instance started");
        Ok(instance)
    }

    /// Waits until an instance answers its health check, at most as long as the target file says.
    pub(super) async fn healthy(&self, instance: &Instance) -> Result<(), String> {
        let health = &self.target.run.health;
        let limit = Duration::from_millis(health.timeout_ms);
        let (until, url) = (Instant::now() + limit, format!("{}{}", instance.base_url(), health.path));
        let alive = || instance.process.is_some_and(process::is_alive);
        let mut last = "no answer".to_owned();
        while Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            let answer = self.shared.http.get(&url).timeout(CHECK.min(left)).send().await;
            // Asked after the answer: another process may have taken the port of one that is gone.
            if !alive() {
                return Err(format!("green ended before it was healthy (its log is {})", instance.log_name()));
            }
            match answer {
                Ok(answer) if answer.status() == reqwest::StatusCode::OK => return Ok(()),
                Ok(answer) => last = format!("{} is answered with {}", health.path, answer.status()),
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(format!("green was not healthy within {limit:?}: {last} (its log is {})", instance.log_name()))
    }

    /// Marks an instance to be ended, and has it done.
    pub(super) async fn discard(&self, id: InstanceId) -> Result<(), LedgerError> {
        self.shared.ledger.mark(id, InstanceState::Draining, self.now()).await?;
        self.retire.notify_one();
        Ok(())
    }

    /// Moves an instance's log file to where the router follows it. The process goes on writing to the same file.
    pub(super) fn publish_log(&self, instance: &Instance) {
        let logs = &self.target.logs;
        self.move_log(instance, Path::new(&logs.private), Path::new(&logs.live));
    }

    /// Takes it back from there.
    pub(super) fn withdraw_log(&self, instance: &Instance) {
        let logs = &self.target.logs;
        self.move_log(instance, Path::new(&logs.live), Path::new(&logs.private));
    }

    /// Done once or twice, the file is where it should be; that it cannot be moved must not stop a cure.
    fn move_log(&self, instance: &Instance, from: &Path, to: &Path) {
        let (from, to) = (from.join(instance.log_name()), to.join(instance.log_name()));
        if to.exists() {
            return;
        }
        let moved = to.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::rename(&from, &to));
        if let Err(error) = moved {
            tracing::error!(from = %from.display(), to = %to.display(), %error, "cannot move a log file");
        }
    }
}

/// The ports of instances: below the range from which Linux takes ports for outgoing connections, as under load one of
/// those would often be taken between the choice and the start.
const PORTS: (u16, u16) = (20_000, 30_000);
/// How many ports are tried.
const TRIES: u16 = 200;

/// A port on loopback that nobody listens on now; where the search begins depends on the id, so that two that search at
/// once do not meet.
fn free_port(id: InstanceId) -> std::io::Result<u16> {
    let count = PORTS.1 - PORTS.0;
    let first = u16::try_from(id.0.as_u128() % u128::from(count)).unwrap_or(0);
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let found = (0..TRIES).map(|step| PORTS.0 + (first + step) % count).find(free);
    found.ok_or_else(|| std::io::Error::new(std::io::ErrorKind::AddrInUse, "no free port for an instance"))
}
