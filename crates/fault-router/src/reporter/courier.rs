//! Brings one detection to the store, however long that takes.

use super::answer::{Next, next};
use crate::desk::{Desk, Part};
use backon::{BackoffBuilder, ExponentialBuilder};
use chassis::{Stop, telemetry};
use client::IncidentStore;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;
use wire::detection::Detection;

/// The first and the longest pause before the store is asked again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// The pause when the store wants other credentials: nothing here will change that soon.
const SLOW: Duration = Duration::from_secs(5);

/// The way to the store, for one target.
#[derive(Debug, Clone)]
pub(crate) struct Courier {
    pub(crate) desk: Arc<Desk>,
    pub(crate) store: IncidentStore,
    pub(crate) stop: Stop,
}

impl Courier {
    /// False when the word to stop came first.
    pub(crate) async fn deliver(&self, detection: &Detection) -> bool {
        let span = tracing::info_span!(
            "detect",
            target_name = %detection.target,
            code = %detection.code,
            event_id = %detection.event_id,
        );
        telemetry::continue_trace(&span, detection.trace_parent.as_deref());
        self.insist(detection).instrument(span).await
    }

    /// Reports until the store has taken it, or for good will not. False when the word to stop came first.
    async fn insist(&self, detection: &Detection) -> bool {
        let (first, longest) = PAUSES;
        let pauses = ExponentialBuilder::default().with_min_delay(first).with_max_delay(longest).without_max_times();
        let mut pauses = pauses.with_jitter().build();
        for tries in 1.. {
            let answer = tokio::select! {
                answer = self.store.report(detection) => answer,
                () = self.stop.requested() => return false,
            };
            let error = match answer {
                Ok(received) => {
                    self.desk.works(Part::Store);
                    let (id, code, event) = (received.incident, &detection.code, &detection.event_id);
                    tracing::info!(incident = %id, %code, event_id = %event, disposition = ?received.disposition, "reported");
                    return true;
                }
                Err(error) => error,
            };
            let mut pause = pauses.next().unwrap_or(longest);
            match next(error.status(), error.code(), tries) {
                Next::Known => return true,
                Next::Skip => {
                    let error = anyhow::Error::from(error);
                    tracing::error!(event_id = %detection.event_id, code = %detection.code, error = format!("{error:#}"), "a detection was refused for good and is skipped");
                    return true;
                }
                Next::Slowly => pause = SLOW,
                Next::Again => {}
            }
            self.desk.trouble(Part::Store, format!("{:#}", anyhow::Error::from(error)));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stop.requested() => return false,
            }
        }
        false
    }
}
