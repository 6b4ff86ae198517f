//! One process of a candidate in the sandbox, with the doubles that are played for it.

use crate::app::Verifier;
use crate::double::Doubles;
use crate::endpoint::Endpoint;
use crate::error::VerifyError;
use crate::jobs;
use crate::sandbox::{Ended, Kept, SandboxError};
use crate::workshop::{Scratch, Workshop};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use wire::Digest;
use wire::target::Double;

/// How long one question for its health waits.
const HEALTH_TRY: Duration = Duration::from_secs(2);
/// The pause between two questions.
const HEALTH_PAUSE: Duration = Duration::from_millis(5);

/// A running candidate.
pub(super) struct Process {
    pub(super) endpoint: Endpoint,
    pub(super) doubles: Doubles,
    stop: CancellationToken,
    ended: Kept<Result<Ended, SandboxError>>,
    scratch: Scratch,
}

/// What comes first: the end of some work, or that of the candidate.
pub(super) enum First<T> {
    Done(T),
    Ended(Ended),
}

impl Process {
    /// Starts an artefact beside some doubles, killed at the limit. None when the sandbox does not let it be reached.
    pub(super) fn start(
        verifier: &Verifier,
        workshop: &Workshop,
        doubles: &[Double],
        limit: Duration,
        artefact: &Digest,
    ) -> Result<Option<Self>, VerifyError> {
        let scratch = workshop.scratch().map_err(|error| failed(error.into()))?;
        let ports = doubles.iter().map(|double| double.port).collect();
        let job = jobs::candidate(&workshop.target, ports, &verifier.store.folder(artefact), scratch.path());
        let started = verifier.sandbox.start(&job, limit)?;
        let Some(address) = started.address else { return Ok(None) };
        let endpoint = Endpoint::of_job(&address).map_err(|error| failed(error.into()))?;
        let names = doubles.iter().map(|double| double.name.clone());
        let doubles = Doubles::new(names.zip(started.doubles).collect());
        Ok(Some(Self { endpoint, doubles, stop: started.stop, ended: started.ended, scratch }))
    }

    /// Does something that uses the candidate while its double serves it. After its end it must not be used again.
    pub(super) async fn during<T>(&mut self, work: impl AsyncFnOnce(&Endpoint) -> T) -> Result<First<T>, VerifyError> {
        let Self { endpoint, doubles, ended, .. } = self;
        let serve = async {
            doubles.serve().await;
            std::future::pending::<T>().await
        };
        tokio::select! {
            done = work(endpoint) => Ok(First::Done(done)),
            done = serve => Ok(First::Done(done)),
            early = ended => Ok(First::Ended(early?)),
        }
    }

    /// Kills it and answers what it wrote.
    pub(super) async fn end(self) -> Result<Ended, VerifyError> {
        self.stop.cancel();
        Ok(self.ended.await?)
    }

    /// Kills it; nobody needs to wait until it is gone.
    pub(super) fn let_go(self, verifier: &Verifier) {
        let Self { stop, ended, scratch, .. } = self;
        stop.cancel();
        verifier.stop.spawn("candidate-end", async move { drop((ended.await, scratch)) });
    }
}

/// Whether an instance answers 200 on its health path in time.
pub(super) async fn becomes_healthy(endpoint: &Endpoint, path: &str, limit: Duration) -> bool {
    let until = Instant::now() + limit;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        if endpoint.is_healthy(path, left.min(HEALTH_TRY)).await {
            return true;
        }
        tokio::time::sleep(HEALTH_PAUSE.min(left)).await;
    }
}

fn failed(source: anyhow::Error) -> VerifyError {
    VerifyError::Failed { what: "start the candidate", source }
}
