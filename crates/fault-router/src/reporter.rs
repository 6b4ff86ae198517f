//! Takes what the follower found, reports it to the store until it is acknowledged, and only then moves the place.

mod answer;
mod keeper;

pub(crate) use keeper::Keeper;

use crate::desk::{Desk, Part};
use crate::ledger::News;
use crate::watch::Bell;
use answer::{Next, next};
use backon::{BackoffBuilder, ExponentialBuilder};
use chassis::{Stop, telemetry};
use client::IncidentStore;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::MissedTickBehavior;
use tracing::Instrument;
use wire::detection::Detection;

/// How many news may wait for the store; beyond it the follower stands still.
pub(crate) const QUEUE: usize = 64;
/// How long a place that moved without a detection may stay unwritten: after a crash so much is read again.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// The first and the longest pause before the store is asked again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// The pause when the store wants other credentials: nothing here will change that soon.
const SLOW: Duration = Duration::from_secs(5);

/// The reporter of one target.
pub(crate) struct Reporter {
    pub(crate) desk: Arc<Desk>,
    pub(crate) store: IncidentStore,
    pub(crate) queue: Receiver<News>,
    pub(crate) bell: Bell,
    pub(crate) stop: Stop,
    pub(crate) keeper: Keeper,
}

impl Reporter {
    /// Reports until the word to stop.
    pub(crate) async fn run(mut self) {
        let mut tick = tokio::time::interval(SAVE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.stop.clone();
        loop {
            tokio::select! {
                () = stop.requested() => break,
                news = self.queue.recv() => {
                    self.bell.has_room();
                    let Some(news) = news else { break };
                    if !self.deal_with(news).await {
                        break;
                    }
                }
                () = self.keeper.written() => {}
                _ = tick.tick() => self.keeper.begin(),
            }
        }
        self.keeper.write().await;
    }

    /// False when the word to stop came first.
    async fn deal_with(&mut self, news: News) -> bool {
        if let News::Found(key, stream, finding) = &news {
            if !finding.names_itself {
                self.keeper.foresee(*key, *stream).await;
            }
            if !self.deliver(&finding.detection).await {
                return false;
            }
        }
        self.keeper.take_in(news);
        true
    }

    async fn deliver(&self, detection: &Detection) -> bool {
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
