//! A worker: leases an incident, moves it until there is nothing to do, gives the lease back.

mod among;
mod hold;
mod step;

use crate::Settings;
use crate::act::Peers;
use crate::relations::Relations;
use crate::work::Hands;
use chassis::{SharedClock, Stop};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use wire::lease::LeaseRequest;
use wire::target::Catalogue;

/// How long the store may hold the question for a lease.
const HOLD: Duration = Duration::from_secs(20);
/// The pauses before the store is asked again after it did not answer.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// What every worker has.
pub(crate) struct Worker {
    pub(crate) peers: Peers,
    pub(crate) catalogue: Catalogue,
    pub(crate) relations: Relations,
    pub(crate) settings: Settings,
    pub(crate) hands: Hands,
    pub(crate) clock: SharedClock,
    pub(crate) stop: Stop,
}

impl Worker {
    /// Works until the word to stop.
    pub(crate) async fn run(&self) {
        let request = LeaseRequest {
            holder: self.settings.holder.clone(),
            ttl_ms: self.settings.lease_ms,
            wait_ms: HOLD.as_millis() as u64,
        };
        let mut pause = PAUSE_MIN;
        while !self.stop.is_stopping() {
            let answer = tokio::select! {
                answer = self.peers.store.lease(&request) => answer,
                () = self.stop.requested() => return,
            };
            match answer {
                Ok(Some(lease)) => {
                    pause = PAUSE_MIN;
                    // A panic over one incident must not end the healing of the others; its lease runs out by itself.
                    let incident = lease.incident.id;
                    if AssertUnwindSafe(self.hold(lease)).catch_unwind().await.is_err() {
                        tracing::error!(%incident, "moving the incident panicked");
                    }
                }
                Ok(None) => pause = PAUSE_MIN,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot ask for a lease");
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.stop.requested() => return,
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }
}
